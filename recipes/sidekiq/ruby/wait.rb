# Waits until every process is drained or has stopped. Exits with 0: all are; 3: jobs still run; 4: the state of a process is not known;
# 5: Redis cannot be asked; 6: a process takes jobs; 10: a process has ended meanwhile, so ask the manager again.

def duration(seconds)
  seconds = [seconds.to_i, 0].max
  return "#{seconds} s" if seconds < 120
  seconds < 7200 ? "#{seconds / 60} min" : "#{seconds / 3600} h #{seconds % 3600 / 60} min"
end

def count_of(jobs)
  jobs == 1 ? '1 job' : "#{jobs} jobs"
end

def describe_jobs(jobs, now)
  oldest = jobs.sort_by { |job| job[:began] }.first(5)
  text = oldest.map { |job| job[:began].zero? ? job[:name] : "#{job[:name]} #{duration(now - job[:began])}" }.join(', ')
  "#{count_of(jobs.size)}: #{text}#{" and #{jobs.size - 5} more" if jobs.size > 5}"
end

def names_of(processes)
  processes.map { |process| "#{process[:name]} (PID #{process[:pid]})" }.join(', ')
end

class Drain
  FINAL = [:drained, :stopped, :fetching].freeze
  # the first of these that one of its heartbeats is in decides about a process
  STATES = [:stopped, :fetching, :stale, :busy, :unknown, :drained].freeze
  # seconds to wait for a Redis that went away, even if the drain has no limit
  PATIENCE = 60

  def initialize(processes, began, quieted)
    @processes, @began, @quieted = processes, began, quieted
    @reported_at = 0
    @processes.each { |process| process.update(start: start_of(process[:pid]), beats: [], state: :unknown, jobs: []) }
    pids = @processes.map { |process| process[:pid] }
    @address, @source = find_address(pids)
    @hostnames = hostnames_of(pids)
    @version = locked_version
  end

  def run
    loop do
      update
      now = Time.now.to_f
      raise @error if @error && now >= (@answered ? deadline : @began + OPTIONS['timeout'])
      return conclude(now) if @processes.all? { |process| FINAL.include?(process[:state]) } || now >= deadline
      report(now)
      sleep OPTIONS.fetch('every', 1)
    end
  end

  private

  def update
    @redis ||= connect_redis(@address, @source)
    trees = @processes.map { |process| process_tree(process[:pid]) }
    heartbeats = read_heartbeats(@redis, @address, trees.flatten, @hostnames)
    @processes.each_with_index { |process, i| update_process(process, heartbeats_of(process[:pid], trees[i], heartbeats)) }
    @answered, @error = Time.now.to_f, nil
  rescue ShipitRedis::Unavailable => e
    raise e if Time.now.to_f - (@answered || @began) > PATIENCE
    puts "#{e.message}; waiting for it" unless @error
    @error = e
    @redis.close if @redis
    @redis = nil
  end

  def update_process(process, own)
    alive = process[:start] && start_of(process[:pid]) == process[:start]
    own.each do |heartbeat|
      process[:beats] << heartbeat[:beat] unless process[:beats].include?(heartbeat[:beat]) || own.size > 1
      process[:first_quiet] ||= heartbeat[:beat] if heartbeat[:quiet]
      @version = heartbeat[:version] || @version
    end
    states = (own.empty? ? [nil] : own).map { |heartbeat| state_of(heartbeat, alive, @quieted, process[:first_quiet], @began) }
    process[:state] = STATES.find { |state| states.include?(state) }
    process[:jobs] = own.flat_map { |heartbeat| heartbeat[:jobs] }
    process[:busy] = [own.map { |heartbeat| heartbeat[:busy] }.inject(0, :+), process[:jobs].size].max
    process[:beat] = own.map { |heartbeat| heartbeat[:beat] }.max
  end

  # Waits for at least one heartbeat of each process; for running jobs, if so configured, without a limit.
  def deadline
    limit = @began + OPTIONS['timeout']
    waiting = @processes.reject { |process| FINAL.include?(process[:state]) }
    if waiting.any? { |process| process[:state] != :busy }
      interval = @processes.map { |process| heartbeat_interval(@version, process[:beats]) }.max
      return [limit, @began + (@quieted ? 1 : 2) * interval + 3].max
    end
    OPTIONS['onBusy'] == 'wait' && !waiting.empty? ? Float::INFINITY : limit
  end

  def report(now)
    return if @error
    jobs = in_state(:busy, :stale).flat_map { |process| process[:jobs] }
    silent = in_state(:stale, :unknown)
    topic = jobs.empty? ? silent.map { |process| process[:pid] } : jobs.map { |job| job[:name] }.sort
    return if now - @reported_at < (topic == @topic ? 5 : 3)
    if !jobs.empty? then puts describe_jobs(jobs, now)
    elsif now - @began >= 2 && !silent.empty? then puts "waiting for a heartbeat of #{names_of(silent)}"
    else return
    end
    @topic, @reported_at = topic, now
  end

  def in_state(*states)
    @processes.select { |process| states.include?(process[:state]) }
  end

  def conclude(now)
    return 10 if now < @began + OPTIONS['timeout'] && !in_state(:stopped).empty?
    drained, busy, stale, unknown, fetching = [:drained, :busy, :stale, :unknown, :fetching].map { |state| in_state(state) }
    puts "no jobs left: #{names_of(drained)}" unless drained.empty?
    unless busy.empty?
      jobs = busy.flat_map { |process| process[:jobs] }
      text = jobs.empty? ? count_of(busy.map { |process| process[:busy] }.inject(:+)) : describe_jobs(jobs, now)
      warn "still running after #{duration(now - @began)}: #{text}#{OPTIONS['atStop']}"
    end
    stale.each do |process|
      warn "#{names_of([process])}: may have jobs: its last heartbeat is #{duration(now - process[:beat])} old and reports #{process[:busy]}"
    end
    unless unknown.empty?
      warn "#{names_of(unknown)}: runs, but #{display_url(@address)} (#{@source}) does not know it: does it use another Redis, database or namespace?"
    end
    warn "#{names_of(fetching)}: takes jobs: it was not quieted, or started after that" unless fetching.empty?
    return 3 unless busy.empty?
    return 4 unless stale.empty? && unknown.empty?
    fetching.empty? ? 0 : 6
  end
end

begin
  quieted = (Float(File.read(File.expand_path(OPTIONS['stamp']))) rescue nil) if OPTIONS['stamp']
  processes = parse_processes($stdin.read).reject { |process| process[:pid].zero? || proc_stat(process[:pid]).nil? }
  exit 0 if processes.empty?
  exit Drain.new(processes, ENV.fetch('SHIPIT_BEGAN', Time.now.to_i).to_f, quieted).run
rescue ShipitRedis::Error => e
  warn e.message
  exit 5
rescue SystemExit
  raise
rescue StandardError => e
  warn "could not ask Redis: #{e.class}: #{e.message.lines.first.to_s.strip}"
  exit 5
end
