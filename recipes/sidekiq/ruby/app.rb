# Under the application's bundler.

require 'json'

# loads the application as Sidekiq does
def load_app(file)
  require 'sidekiq'
  require 'sidekiq/cli'
  return require File.expand_path(file) if file && !File.directory?(file)
  require 'rails'
  require 'sidekiq/rails'
  require File.expand_path('config/environment.rb', file || '.')
end

# the address that the application uses
def app_redis
  address = Sidekiq.redis do |c|
    namespace = c.respond_to?(:namespace) ? c.namespace : nil
    c = c.redis if namespace
    if c.respond_to?(:config) && c.config.respond_to?(:db)
      o = c.config
      { tls: o.ssl, host: o.host, port: o.port, path: o.path, db: o.db, user: o.username, password: o.password,
        params: o.respond_to?(:ssl_params) ? o.ssl_params : nil, sentinel: o.respond_to?(:sentinels) }
    else
      o = (c.respond_to?(:_client) ? c._client : c.client).options
      { tls: o[:ssl] || o[:scheme] == 'rediss', host: o[:host], port: o[:port], path: o[:path], db: o[:db], user: o[:username],
        password: o[:password], params: o[:ssl_params], sentinel: o[:sentinels] }
    end.merge(namespace: namespace)
  end
  params = address.delete(:params)
  address[:verify] = false if params && params[:verify_mode] == 0
  address[:error] = 'the application uses Redis Sentinel, which shipit does not support: set redis.url' if address.delete(:sentinel)
  address[:db] = address[:db].to_i
  address[:password] = nil unless address[:password].is_a?(String)
  address[:user] = nil if address[:password].nil? || address[:user] == 'default'
  address.reject { |_, v| v.nil? }
end

def print_app_redis(file)
  load_app(file)
  puts "\nSHIPIT_REDIS #{JSON.generate(app_redis)}"
rescue StandardError, ScriptError => e
  puts "\nSHIPIT_ERROR #{e.message.lines.first.to_s.strip} (#{e.class})"
  exit 1
end
