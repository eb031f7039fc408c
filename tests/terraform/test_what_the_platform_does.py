"""What the platform does to those who do not say otherwise, without telling anybody."""

from tests.terraform.configuration import Resource, resources


def of(type_: str) -> list[Resource]:
    return [resource for resource in resources() if resource.type == type_]


def test_f43_no_subscription_expires_however_long_it_is_idle() -> None:
    """By default one is deleted after 31 days without a push; an off-season is longer."""
    subscriptions = of("google_pubsub_subscription")
    assert {subscription.name for subscription in subscriptions} == {"push", "dead_letters"}
    for subscription in subscriptions:
        assert 'expiration_policy {\n    ttl = ""\n  }' in subscription.body, subscription.address


def test_f44_who_may_call_is_in_terraform_and_an_edge_that_is_not_called_is_told() -> None:
    """A redeploy that strips a grant is mended by the next apply; until then the absence of scans alerts."""
    invokers = {grant.address for grant in of("google_cloud_run_v2_service_iam_member")}
    assert invokers == {
        "edge/google_cloud_run_v2_service_iam_member.calls",
        "dashboard/google_cloud_run_v2_service_iam_member.looks",
    }
    (silent,) = [policy for policy in of("google_monitoring_alert_policy") if policy.name == "silent"]
    assert "condition_absent {" in silent.body
    assert "for_each = var.edges" in silent.body
