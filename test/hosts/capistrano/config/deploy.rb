set :application, 'app'
set :repo_url, 'file:///srv/repo.git'
set :branch, ENV.fetch('BRANCH', 'main')
set :deploy_to, '/var/www/app'
set :keep_releases, 3
set :revision_log_message, ENV['LOG_MESSAGE'] if ENV['LOG_MESSAGE']
append :linked_dirs, 'log'
set :ssh_options, keys: [ENV.fetch('LAB_KEY')], keys_only: true, config: false, verify_host_key: :never, forward_agent: false
