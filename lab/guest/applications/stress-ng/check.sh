# What stress-ng has found wrong so far.
! grep -iE 'fail|error' /application/load.log
