/** `shipit --help`. */
export const HELP = `shipit deploys applications to servers over SSH.

  shipit STAGE TASK [TASK…]     run tasks, left to right
  shipit STAGE plan TASK…       show what each host would run; writes nothing
  shipit STAGE doctor           examine the hosts; changes nothing
  shipit --tasks [PATTERN]      list the tasks (shipit STAGE --tasks: with the stage's own)
  shipit demo [--keep]          a deploy to try, on two hosts inside this process

  shipit production deploy                 deploy a new release
  shipit production deploy:rollback        go back to the release before
  shipit production sidekiq:restart        restart Sidekiq

Options
  -z, --hosts a1,/^web/      only these hosts (exact names or /regular expressions/)
  -r, --roles app,/^web/     only hosts with these roles
  -b, --branch REF           the branch, tag or commit (7 digits or more) to deploy
      --release NAME         the release that deploy:rollback goes to
      --set KEY=VALUE        override a setting: keepReleases=3, sidekiq.processes=8
  -n, --dry-run              like plan
      --full                 with plan: print every command, byte for byte
  -o, --output NAME          tree, plain or jsonl (default: tree at a terminal, else plain)
  -v, --verbose              show everything that commands print; the log file always has it
  -f, --config FILE          the config (default: deploy.config.{ts,mts,js,mjs,json,yaml,yml}, from here upward)
      --log FILE, --no-log   the log file (default: log/shipit.log beside the config)
  -h, --help   -V, --version
  Tasks may have options of their own, typed behind them; shipit --tasks shows which.

Exit codes
  0 done                            5 failed after publishing and rolled back
  1 failed; what was live is live   6 hosts differ: a person must look
  2 usage or config                 7 the new release is live, and a later task failed
  3 a host could not be reached     129, 130, 143 interrupted, cleanly
    or trusted
  4 locked by another run
`
