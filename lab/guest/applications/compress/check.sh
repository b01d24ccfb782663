# No archive so far was wrong, and what is compressed is still itself.
! cat /application/problems 2>/dev/null || exit 1
sha256sum </application/original | cmp -s - /application/original.sha256
