# Prints a JSON object: whether Redis answers, its version and policy, and how many of these processes it knows.

pids = parse_processes($stdin.read).map { |process| process[:pid] }.reject(&:zero?)
report = { sidekiq: locked_version, running: pids.size }
begin
  address, report[:source] = find_address(pids)
  report.update(at: display_url(address), default: report[:source].start_with?('Sidekiq'))
  redis = connect_redis(address, report[:source])
  report[:version] = redis.call('INFO', 'server')[/^(?:redis|valkey)_version:([\d.]+)/, 1]
  memory = redis.pipeline([['INFO', 'memory']])[0]
  report[:policy] = memory[/^maxmemory_policy:(\S+)/, 1] if memory.is_a?(String)
  heartbeats = read_heartbeats(redis, address, pids.flat_map { |pid| process_tree(pid) }, hostnames_of(pids))
  report.update(known: heartbeats.size, sidekiq: heartbeats.map { |beat| beat[:version] }.compact.first || report[:sidekiq])
rescue ShipitRedis::Error => e
  report[:error] = e.message
end
puts JSON.generate(report)
