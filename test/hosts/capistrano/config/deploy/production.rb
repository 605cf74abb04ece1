# WITH=bundler,sidekiq asks for more than the files
set :with, ENV.fetch('WITH', '').split(',')
ENV.fetch('SERVERS').split(',').each { |address| server address, user: 'deploy', roles: %w[app worker] }
