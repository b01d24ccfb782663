# The first line `deb [options] mirror release …`, turned into one for the release's backports.
BEGIN { status = 1 }
status == 1 && $1 == "deb" {
  suite = 3
  if ($2 ~ /^\[/) { # options may hold blanks: they end with the bracket
    for (suite = 2; suite <= NF && $suite !~ /\]$/; suite++);
    suite += 2
  }
  if ($suite != release && $suite != release "/") next
  status = 0
  line = "deb"
  for (i = 2; i < suite; i++) line = line " " $i
  print line " " release "-backports main"
}
END { exit status }
