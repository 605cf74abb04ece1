# A whole application: one job, which notes when it starts and ends, and in which release it ran. It takes some seconds; less than none:
# until there is /tmp/open.LABEL.
require 'sidekiq'

# Debian's redis-rb is newer than this Sidekiq expects, and says so ten times a second
Redis.silence_deprecations = true
REDIS = { url: 'redis://127.0.0.1:6379/0' }.freeze
Sidekiq.configure_server { |config| config.redis = REDIS }
Sidekiq.configure_client { |config| config.redis = REDIS }

class Nap
  include Sidekiq::Worker
  RELEASE = File.basename(File.realpath(__dir__))
  LOG = ENV.fetch('JOBS_LOG', '/var/www/app/shared/log/jobs.log')

  def perform(label, seconds)
    note('start', label)
    seconds.negative? ? (sleep 0.1 until File.exist?("/tmp/open.#{label}")) : sleep(seconds)
    note('end', label)
  end

  def note(word, label)
    File.write(LOG, "#{word} #{label} #{RELEASE} #{Process.pid}\n", mode: 'a')
  end
end
