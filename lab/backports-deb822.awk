# The first paragraph for `release` itself, turned into one for its backports. Everything else of it stays:
# mirror, Signed-By (also a key in place, over many lines), architectures.
BEGIN { RS = ""; FS = "\n"; status = 1 }
status == 1 {
  wanted = 0
  for (i = 1; i <= NF; i++) {
    if (tolower($i) ~ /^enabled:[ \t]*no/) { wanted = 0; break }
    if (tolower($i) ~ /^suites:/ && (" " substr($i, 8) " ") ~ ("[ \t]" release "/?[ \t]")) wanted = 1
  }
  if (!wanted) next
  status = 0
  for (i = 1; i <= NF; i++) {
    if ($i ~ /^#/) continue
    else if (tolower($i) ~ /^types:/) print "Types: deb"
    else if (tolower($i) ~ /^suites:/) print "Suites: " release "-backports"
    else if (tolower($i) ~ /^components:/) print "Components: main"
    else print $i
  }
}
END { exit status }
