"""A plan's outline leaves out particulars and nothing else."""

from demo import narration

PLAN = """\
Plan 20261120-142205-abcd: recover loans

2 steps, in this order; undone in reverse

  1. restore into a new cluster
     call  rds:RestoreDBClusterToPointInTime
             DBClusterIdentifier=loans-db-abcd
     undo  delete cluster loans-db-abcd, without a final
           snapshot
     limit 6h

  2. prove the data of loans-db-abcd: the built-in checks and 2
     of the profile's
     limit 2h

  -- cutover: what follows moves the application

Settings of the target
    port  5432
"""

OUTLINE = """\
Plan 20261120-142205-abcd: recover loans

2 steps, in this order; undone in reverse

  1. restore into a new cluster
  2. prove the data of loans-db-abcd: the built-in checks and 2
     of the profile's

  -- cutover: what follows moves the application"""


def test_steps_are_kept_and_their_particulars_are_counted():
    outline, left_out = narration.outline(PLAN)
    assert outline == OUTLINE
    assert left_out == 8


def test_what_is_not_recognized_is_shown():
    assert narration.outline("A plan of another form\n  with lines\n") == ("A plan of another form\n  with lines", 0)
