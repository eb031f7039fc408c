# How long everybody waits. Whoever asks must not give up before those who answer, and the function must stop by itself
# before anybody stops it:
#
#   a completion's deadline  <  ack deadline  <=  function's time-out  <  attempt deadline
#   a scan's deadline                         <   function's time-out
#
# The deadlines are in shared/tenure.py and go with the code, so these are no variables; a test holds the chain.

locals {
  ack_deadline     = 180
  timeout          = 540
  attempt_deadline = 600

  # Four threads are what functions-framework starts on one CPU; more requests would wait inside.
  concurrency = 4
}
