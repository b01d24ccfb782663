# What TPC-B promises: all deltas of the history have reached accounts, tellers and branches alike. Reading them all
# also has PostgreSQL check its pages' checksums.
answer=$(/usr/lib/postgresql/*/bin/psql -h 127.0.0.1 -U postgres -qAt -F ' ' postgres <<SQL
SELECT count(*), coalesce(sum(delta), 0), (SELECT sum(abalance) FROM pgbench_accounts),
  (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches) FROM pgbench_history
SQL
)
echo "application: pgbench: transactions, and four sums that must be equal: $answer"
set -- $answer
[ "$1" -gt 0 ] && [ "$2" = "$3" ] && [ "$2" = "$4" ] && [ "$2" = "$5" ]
