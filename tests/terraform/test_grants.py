"""Who may what: the README's table is the code's, and nobody has more than he needs."""

import re

from tests.terraform.configuration import TERRAFORM, resources, sources, without_comments

README = (TERRAFORM / "README.md").read_text(encoding="utf-8")
GRANTS = [resource for resource in resources() if "_iam_" in resource.type]


def test_grants__are_listed_in_the_readme__each_with_its_role() -> None:
    listed = set(
        re.findall(r"^\| `([\w/.]+)` \| `(roles/[\w.]+)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", README, re.MULTILINE)
    )
    assert listed == {(grant.address, role) for grant in GRANTS for role in grant.roles}


def test_grants__name_their_role() -> None:
    """One that gets it from elsewhere would be missing from the comparison."""
    assert [grant.address for grant in GRANTS if not grant.roles] == []


def test_grants__never_replace_those_of_others() -> None:
    assert {grant.type.rpartition("_iam_")[2] for grant in GRANTS} == {"member"}


def test_nothing__is_public_or_has_a_primitive_role() -> None:
    for path in sources():
        text = without_comments(path)
        assert not re.search(r"allUsers|allAuthenticatedUsers|roles/(owner|editor|viewer)\b", text), path


def test_accounts__have_no_keys() -> None:
    assert [each.address for each in resources() if each.type == "google_service_account_key"] == []


def test_rights_on_the_project__are_few() -> None:
    """Whatever can be granted on a thing is granted there."""
    on_the_project = {role for grant in GRANTS if grant.type == "google_project_iam_member" for role in grant.roles}
    assert on_the_project == {
        "roles/bigquery.jobUser",
        "roles/artifactregistry.writer",
        "roles/logging.logWriter",
        "roles/storage.objectViewer",
    }
    (copies,) = [grant for grant in GRANTS if grant.name == "build_reads_copies"]
    assert "condition {" in copies.body
