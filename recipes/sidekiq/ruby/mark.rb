# Under the application's bundler: marks the deploy. Sidekiq's method is `mark` up to 7.0.2, and `mark!` from 7.0.3 on.

begin
  require 'sidekiq'
rescue LoadError
  warn "the release's Gemfile does not have Sidekiq"
  exit 1
end
if Sidekiq::VERSION.to_i < 7
  puts "Sidekiq #{Sidekiq::VERSION} cannot mark deploys (7.0 and newer can): nothing was marked"
  exit 0
end
begin
  require 'sidekiq/deploy'
  label = ARGV[1].dup.force_encoding(Encoding::UTF_8)
  if OPTIONS['app'] && ENV['SHIPIT_REDIS_URL'].to_s.empty?
    load_app(OPTIONS['app'] == true ? nil : OPTIONS['app'])
    pool = Sidekiq.redis_pool
  else
    redis, address = open_redis(parse_processes($stdin.read).map { |process| process[:pid] }.reject(&:zero?))
    redis.close
    insecure = address[:tls] && !OPTIONS['verify'] ? { ssl_params: { verify_mode: 0 } } : {}
    pool = Sidekiq::RedisConnection.create({ url: address[:url] }.merge(insecure))
  end
  deploy = Sidekiq::Deploy.new(pool)
  deploy.respond_to?(:mark!) ? deploy.mark!(label: label) : deploy.mark(label: label)
  puts "marked: #{label}"
rescue ShipitRedis::Error => e
  warn e.message
  exit 5
rescue StandardError, LoadError => e
  warn "#{e.class}: #{e.message.lines.first.to_s.strip}".gsub(%r{://[^@\s/]*@}, '://[secret]@')
  exit 1
end
