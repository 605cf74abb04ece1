/** Ruby: whether Redis answers, its version and policy, and whether it lists these processes. Prints one JSON object, also on failure. */
export const DOCTOR = String.raw`
pids = named($stdin.read).map { |one| one[:pid] }.reject(&:zero?)
found = { sidekiq: locked_version, running: pids.size }
begin
  at, found[:source] = where(pids)
  found.update(at: shown(at), default: found[:source].start_with?('Sidekiq'))
  redis, = open_redis(pids)
  info = redis.call('INFO', 'server')
  found[:version] = info[/^(?:redis|valkey)_version:([\d.]+)/, 1]
  policy = redis.pipeline([['INFO', 'memory']])[0]
  found[:policy] = policy[/^maxmemory_policy:(\S+)/, 1] if policy.is_a?(String)
  all = entries(redis, at, pids.flat_map { |pid| family(pid) }, hosts_of(pids))
  found.update(known: all.size, sidekiq: all.map { |one| one[:version] }.compact.first || found[:sidekiq])
rescue Trouble => e
  found[:trouble] = e.message
end
puts JSON.generate(found)
`
