/** Whole files that Inspeqtor 2.0.0 accepted when tried. */
export const accepted: readonly { readonly title: string; readonly text: string }[] = [
  { title: 'G106: a service', text: 'check service sidekiq\n  if memory:total_rss > 1500m for 2 cycles then restart, alert\n' },
  { title: 'a rule without a newline at the end', text: 'check service sidekiq\n  if memory:rss > 500m then restart' },
  { title: 'several rules on one line', text: 'check service a if memory:rss > 500m then restart if cpu:user > 60% then alert\n' },
  { title: 'one cycle, in the plural', text: 'check service a\n if cpu:user > 60% for 1 cycles then restart\n' },
  { title: 'a rule without cycles', text: 'check service a\n if cpu:user > 60% for 0 cycles then restart\n' },
  { title: 'a size with a capital letter', text: 'check service a\n if memory:rss > 1G then restart\n' },
  { title: 'G110: an instance', text: 'check service sidekiq@1\n if memory:rss > 500m then restart\n' },
  { title: 'punctuation in a name', text: 'check service my.app-side_kiq\n if memory:rss > 500m then restart\n' },
  { title: 'a quoted name', text: 'check service "my app"\n if memory:rss > 500m then restart\n' },
  { title: 'DOS line endings', text: 'check service a\r\n  if memory:rss > 500m then restart\r\n' },
  { title: 'a comment in any language', text: '# mémoire, メモリ\ncheck service a # now\n  if memory:rss > 500m then restart\n' },
  { title: 'an unknown metric', text: 'check service a\n if memory:resident > 500m then restart\n' },
  { title: 'a host', text: 'check host\n  if load:5 > 10 then alert\n  if disk:/ > 90% then alert\n  if swap > 20% then alert\n' },
  { title: 'a metric in parentheses', text: 'check host with owner ops\n if disk(/mnt) > 90% then alert ops\n' },
  {
    title: 'an owner and exposed metrics',
    text: 'check service a with owner ops, tier one expose jobs, busy\n if memory:rss > 1g then alert ops, reload\n',
  },
  { title: 'a rate', text: 'check service redis\n if redis:total_commands_processed > 10k/sec then alert\n' },
  { title: 'letters beyond Latin-1', text: 'check service メール\n if memory:rss > 500m then alert\n' },
]

/** Files that Inspeqtor rejects, with shipit's error. */
export const rejected: readonly { readonly title: string; readonly text: string; readonly error: string }[] = [
  {
    title: 'G109: a comment at the end without a newline',
    text: 'check service a\n if memory:rss > 500m then restart\n# end',
    error: 'line 3, column 1: expected a new line after the comment, found the end',
  },
  {
    title: 'G108: a cycle in the singular',
    text: 'check service a\n if cpu:user > 60% for 2 cycle then restart\n',
    error: 'line 2, column 26: expected "cycles", found "cycle"',
  },
  {
    title: 'G107: a fraction',
    text: 'check service a\n if memory:rss > 1.5g then restart\n',
    error: 'line 2, column 18: expected a whole number with at most one of k m g t p, or a percentage (500m, 60%), found "1.5g"',
  },
  {
    title: 'a unit of two letters',
    text: 'check service a\n if memory:rss > 500MB then restart\n',
    error: 'line 2, column 18: expected a whole number with at most one of k m g t p, or a percentage (500m, 60%), found "500MB"',
  },
  {
    title: 'the operator >=',
    text: 'check service a\n if memory:rss >= 500m then restart\n',
    error: 'line 2, column 17: expected a whole number with at most one of k m g t p, or a percentage (500m, 60%), found "="',
  },
  {
    title: 'two checks',
    text: 'check service a\n if memory:rss > 5m then restart\ncheck service b\n if memory:rss > 5m then restart\n',
    error: 'line 3, column 1: expected "if", found "check"',
  },
  { title: 'a check without a rule', text: 'check service a\n', error: 'line 2, column 1: expected "if", found the end' },
  ...['restart', 'host', 'alert', 'check', 'cycles'].map((word) => ({
    title: `the keyword ${word} as a name`,
    text: `check service ${word}\n if memory:rss > 500m then restart\n`,
    error: `column 15: expected the service's name (a keyword can be a name only in quotes), found "${word}"`,
  })),
  {
    title: 'a colon in a name',
    text: 'check service a:b\n if memory:rss > 500m then restart\n',
    error: 'column 16: expected "if", found ":"',
  },
  {
    title: 'a comma in a name',
    text: 'check service a,b\n if memory:rss > 500m then restart\n',
    error: 'column 16: expected "if", found ","',
  },
  {
    title: 'a letter of Latin-1',
    text: 'check service café\n if memory:rss > 500m then restart\n',
    error: 'column 18: expected a character that Inspeqtor reads, found "é"',
  },
  {
    title: 'an unknown action',
    text: 'check service a\n if memory:rss > 500m then explode\n',
    error: 'line 2, column 28: expected "alert" or "restart" or "reload", found "explode"',
  },
  { title: 'nothing', text: '', error: 'column 1: expected "check", found the end' },
  {
    title: 'an exposed metric of a host',
    text: 'check host expose a\n if load:1 > 5 then alert\n',
    error: 'column 12: expected "if", found "expose"',
  },
]
