# What the bundler and Sidekiq plugins do, in the tasks of a project's own: Debian packages neither.
namespace :lab do
  task :bundle do
    next unless fetch(:with).include?('bundler')

    on roles(:app) do
      within release_path do
        execute :bundle, :config, '--local deployment true'
        execute :bundle, :config, "--local path #{shared_path.join('bundle')}"
        execute :bundle, :config, '--local without development:test'
        execute :bundle, :install, '--jobs 4 --quiet' unless test(:bundle, :check)
      end
    end
  end

  { quiet: 'reload', stop: 'stop', start: 'start' }.each do |name, verb|
    task name do
      on(roles(:worker)) { execute :sudo, :systemctl, verb, 'sidekiq.service', raise_on_non_zero_exit: name != :quiet } if fetch(:with).include?('sidekiq')
    end
  end
end

before 'deploy:updated', 'lab:bundle'
before 'deploy:reverted', 'lab:bundle'
after 'deploy:starting', 'lab:quiet'
after 'deploy:updated', 'lab:stop'
after 'deploy:reverted', 'lab:stop'
after 'deploy:published', 'lab:start'
