/** Ruby, under the application's bundler: marks the deploy. Sidekiq's own method is `mark` up to 7.0.2 and `mark!` from 7.0.3 on. */
export const MARK = String.raw`
begin
  require 'sidekiq'
rescue LoadError
  warn 'the release has no Sidekiq in its Gemfile'
  exit 1
end
if Sidekiq::VERSION.to_i < 7
  puts "Sidekiq #{Sidekiq::VERSION} has no marks of deploys, 7.0 is the first that has: nothing was marked"
  exit 0
end
begin
  require 'sidekiq/deploy'
  label = ARGV[1].dup.force_encoding(Encoding::UTF_8)
  if OPTIONS['app'] && ENV['SHIPIT_REDIS_URL'].to_s.empty?
    load_app(OPTIONS['app'] == true ? nil : OPTIONS['app'])
    pool = Sidekiq.redis_pool
  else
    redis, at = open_redis(named($stdin.read).map { |one| one[:pid] }.reject(&:zero?))
    redis.close
    pool = Sidekiq::RedisConnection.create({ url: at[:url] }.merge(OPTIONS['verify'] || !at[:tls] ? {} : { ssl_params: { verify_mode: 0 } }))
  end
  deploy = Sidekiq::Deploy.new(pool)
  deploy.respond_to?(:mark!) ? deploy.mark!(label: label) : deploy.mark(label: label)
  puts "marked: #{label}"
rescue Trouble => e
  warn e.message
  exit 5
rescue StandardError, LoadError => e
  warn "#{e.class}: #{e.message.lines.first.to_s.strip}".gsub(%r{://[^@\s/]*@}, '://[secret]@')
  exit 1
end
`
