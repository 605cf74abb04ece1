/**
 * Ruby: waits until every process is drained or has stopped. Exit 0: all are; 3: jobs still run; 4: nothing reliable is known about a
 * process; 5: Redis cannot be asked; 6: a process fetches jobs; 10: a process ended meanwhile, so ask the manager again.
 */
export const WAIT = String.raw`
def age(seconds)
  seconds = [seconds.to_i, 0].max
  return "#{seconds} s" if seconds < 120
  seconds < 7200 ? "#{seconds / 60} min" : "#{seconds / 3600} h #{seconds % 3600 / 60} min"
end

def listed(jobs, now)
  jobs = jobs.sort_by { |one| one[:began] }
  text = jobs.first(5).map { |one| one[:began].zero? ? one[:name] : "#{one[:name]} #{age(now - one[:began])}" }.join(', ')
  "#{jobs.size == 1 ? '1 job' : "#{jobs.size} jobs"}: #{text}#{" and #{jobs.size - 5} more" if jobs.size > 5}"
end

def called(processes)
  processes.map { |one| "#{one[:name]} (PID #{one[:pid]})" }.join(', ')
end

class Waiting
  FINAL = [:drained, :stopped, :open].freeze

  def initialize(processes, began, stamp)
    @processes = processes
    @began, @stamp = began, stamp
    @said_at = 0
    @processes.each { |one| one.update(start: (stat(one[:pid]) || [])[1], beats: [], state: :unknown, jobs: []) }
    pids = @processes.map { |one| one[:pid] }
    @at, @source = where(pids)
    @hosts = hosts_of(pids)
    @version = locked_version
  end

  def run
    loop do
      look
      now = Time.now.to_f
      raise @trouble if @trouble && now >= (@heard ? deadline : @began + OPTIONS['timeout'])
      return conclude(now) if @processes.all? { |one| FINAL.include?(one[:state]) } || now >= deadline
      say(now)
      sleep OPTIONS.fetch('every', 1)
    end
  end

  private

  def look
    @redis ||= wire(@at, @source)
    families = @processes.map { |one| [one, family(one[:pid])] }
    found = entries(@redis, @at, families.flat_map(&:last), @hosts)
    @processes.each_with_index { |one, i| judge(one, found, families[i][1]) }
    @heard, @trouble = Time.now.to_f, nil
  rescue Away => e
    # it may come back; who waits without end, waits for that a minute
    raise e if Time.now.to_f - (@heard || @began) > 60
    puts "#{e.message}; waiting for it" unless @trouble
    @trouble = e
    @redis.close if @redis
    @redis = nil
  end

  def judge(one, found, family)
    own = found.select { |e| e[:pid] == one[:pid] }
    own = found.select { |e| family.include?(e[:pid]) } if own.empty?
    alive = (stat(one[:pid]) || [])[1] == one[:start] && one[:start]
    own.each do |e|
      one[:beats] << e[:beat] unless one[:beats].include?(e[:beat]) || own.size > 1
      one[:first] ||= e[:beat] if e[:quiet]
      @version = e[:version] || @version
    end
    states = own.map { |e| verdict(e, alive, @stamp, one[:first], @began) }
    states = [verdict(nil, alive, @stamp, nil, @began)] if own.empty?
    one[:state] = [:stopped, :open, :stale, :busy, :unknown, :drained].find { |state| states.include?(state) }
    one[:jobs] = own.flat_map { |e| e[:jobs] }
    one[:busy] = [own.map { |e| e[:busy] }.inject(0, :+), one[:jobs].size].max
    one[:beat] = own.map { |e| e[:beat] }.max
  end

  # Of what has not been heard of yet at least one heartbeat is waited for; running jobs may be waited for without end.
  def deadline
    limit = @began + OPTIONS['timeout']
    waiting = @processes.select { |one| !FINAL.include?(one[:state]) }
    unheard = waiting.select { |one| one[:state] != :busy }
    beat = @processes.map { |one| heartbeat(@version, one[:beats]) }.max
    return [limit, @began + (@stamp ? 1 : 2) * beat + 3].max unless unheard.empty?
    OPTIONS['onBusy'] == 'wait' && !waiting.empty? ? Float::INFINITY : limit
  end

  def say(now)
    return if @trouble
    jobs = running.flat_map { |one| one[:jobs] }
    names = jobs.map { |one| one[:name] }.sort
    unheard = @processes.select { |one| [:stale, :unknown].include?(one[:state]) }
    what = [names, jobs.empty? && unheard.map { |one| one[:pid] }]
    return if now - @said_at < (what == @said ? 5 : 3)
    if !jobs.empty? then puts listed(jobs, now)
    elsif now - @began >= 2 && !unheard.empty? then puts "waiting for a heartbeat of #{called(unheard)}"
    else return
    end
    @said, @said_at = what, now
  end

  def running
    @processes.select { |one| [:busy, :stale].include?(one[:state]) }
  end

  def conclude(now)
    by = @processes.group_by { |one| one[:state] }
    return 10 if by[:stopped] && now < @began + OPTIONS['timeout']
    puts "no job left: #{called(by[:drained])}" if by[:drained]
    if by[:busy]
      jobs = by[:busy].flat_map { |one| one[:jobs] }
      count = by[:busy].map { |one| one[:busy] }.inject(:+)
      text = jobs.empty? ? "#{count} #{count == 1 ? 'job' : 'jobs'}" : listed(jobs, now)
      warn "after #{age(now - @began)} there still #{count == 1 ? 'is' : 'are'} #{text}#{OPTIONS['atStop']}"
    end
    (by[:stale] || []).each do |one|
      warn "#{called([one])}: not known whether it has jobs, its last heartbeat is #{age(now - one[:beat])} old and says #{one[:busy]}"
    end
    if by[:unknown]
      warn "#{called(by[:unknown])}: runs, and is not known in #{shown(@at)} (#{@source}): does it use another Redis, database or namespace?"
    end
    warn "#{called(by[:open])}: takes jobs, it was not told to be quiet (or started after that)" if by[:open]
    by[:busy] ? 3 : by[:stale] || by[:unknown] ? 4 : by[:open] ? 6 : 0
  end
end

begin
  stamp = (Float(File.read(File.expand_path(OPTIONS['stamp']))) rescue nil) if OPTIONS['stamp']
  processes = named($stdin.read).reject { |one| one[:pid].zero? || stat(one[:pid]).nil? }
  exit 0 if processes.empty?
  exit Waiting.new(processes, ENV.fetch('SHIPIT_BEGAN', Time.now.to_i).to_f, stamp).run
rescue Trouble => e
  warn e.message
  exit 5
rescue SystemExit
  raise
rescue StandardError => e
  warn "Redis could not be asked: #{e.class}: #{e.message.lines.first.to_s.strip}"
  exit 5
end
`
