import type { How } from '../cli/support/place.ts'

/** A run of a recipe, and the lines of its plan that matter, in their order. A name of a release is RELEASE. */
export interface PlanOf {
  /** the heading of the recipe */
  readonly recipe: string
  readonly task: string
  /** default: production */
  readonly stage?: string
  readonly options?: readonly string[]
  readonly env?: How['env']
  /** more files of the project */
  readonly files?: Readonly<Record<string, string>>
  readonly lines: readonly string[]
}

const RELEASE = 'cd "$HOME"/srv/releases/RELEASE'
const CURRENT = 'cd "$HOME"/srv/current'
const BOTH = 'app1.example.com, app2.example.com'

export const plans: readonly PlanOf[] = [
  {
    recipe: 'A maintenance page',
    task: 'deploy',
    lines: [
      `maintenance:on on ${BOTH}:`,
      "printf '%s' '<h1>Back soon</h1><p>We are back in about 5 minutes.</p>",
      `deploy:symlink:release on ${BOTH}:`,
      `maintenance:off on ${BOTH}:`,
      'rm -f "$HOME"/srv/shared/maintenance.html',
    ],
  },
  {
    recipe: 'A canary first, then the rest',
    task: 'deploy',
    lines: [
      'restart:canary on app1.example.com:',
      'sudo systemctl restart shop',
      'retry every 2s for 1m curl --silent --fail --max-time 5 http://localhost:3000/up',
      'restart:rest on app2.example.com:',
      'sudo systemctl restart shop',
      'restart:rest on app3.example.com:',
      'sudo systemctl restart shop',
    ],
  },
  {
    recipe: 'A migration on one host',
    task: 'deploy',
    lines: ['db:migrate on app1.example.com:', RELEASE, 'npm run migrate', `deploy:symlink:release on ${BOTH}:`],
  },
  {
    recipe: 'Restart only if something changed',
    task: 'deploy',
    lines: [
      `app:refresh on ${BOTH}:`,
      'unless (',
      'for part in app config package-lock.json; do diff -rq "$old/$part" "$part" || exit 1; done',
      'sudo systemctl restart shop',
      'pwd -P >"$HOME"/srv/shared/running',
    ],
  },
  {
    recipe: 'Wait until the application answers',
    task: 'deploy',
    lines: [
      'app:restart on app1.example.com:',
      'sudo systemctl restart shop',
      'retry every 3s for 2m curl --silent --show-error --fail --max-time 5 http://localhost:3000/up',
      'app:restart on app2.example.com:',
    ],
  },
  {
    recipe: 'Messages in a chat',
    task: 'deploy',
    env: { CHAT_WEBHOOK: 'https://chat.example.com/hooks/sesame' },
    lines: ['5. finally: chat:tell', 'chat:tell on local:', `printf '%s' 'url = "[secret]"`],
  },
  {
    recipe: 'Assets that are built on your machine',
    task: 'deploy',
    files: { 'dist/app.js': 'built\n', 'dist/app.js.map': '{}' },
    lines: [
      'assets:build on local:',
      '# compare the checkout with what is deployed',
      'git diff --quiet HEAD',
      'npm ci',
      'npm run build',
      `assets:upload on ${BOTH}:`,
      '# upload dist to ~/srv/releases/RELEASE/public/dist: new with the release, 1 file, 6 bytes',
    ],
  },
  {
    recipe: 'Deploy a tag',
    task: 'deploy',
    options: ['--answer', 'tag=v1.0.0'],
    lines: ['# check out COMMIT'],
  },
  {
    recipe: 'Deploy from CI',
    task: 'deploy',
    env: {
      REPO_URL: 'https://ci:tok3n-of-git@git.example.com/shop.git',
      CI_COMMIT_SHA: 'main',
      PURGE_CDN: '1',
      CDN_TOKEN: 'tok3n-of-the-cdn',
    },
    lines: ['cdn:purge on app1.example.com:', 'export APP_ENV=production', 'export CDN_TOKEN=[secret]', 'bin/purge'],
  },
  {
    recipe: 'A static site',
    task: 'deploy',
    files: { 'dist/index.html': 'hello\n' },
    lines: [
      `deploy:check:directories on ${BOTH}:`,
      'site:build on local:',
      'npm ci',
      'npm run build',
      `git:create_release on ${BOTH}:`,
      '# upload dist to ~/srv/releases/RELEASE: new with the release, 1 file, 6 bytes',
      `deploy:symlink:release on ${BOTH}:`,
    ],
  },
  {
    recipe: 'A Node application with a service',
    task: 'deploy',
    lines: [
      `npm:install on ${BOTH}:`,
      RELEASE,
      'npm ci --omit=dev --no-audit --no-fund',
      'systemd:web:restart on app1.example.com:',
      'sudo systemctl restart web.service',
      'systemd:web:restart on app2.example.com:',
    ],
  },
  {
    recipe: 'Laravel',
    task: 'deploy',
    lines: [
      `laravel:storage on ${BOTH}:`,
      'mkdir -p app/public framework/cache/data framework/sessions framework/views logs',
      `composer:install on ${BOTH}:`,
      'composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader',
      `laravel:caches on ${BOTH}:`,
      'php artisan storage:link',
      'php artisan config:cache',
      'php artisan event:cache',
      'laravel:migrate on app1.example.com:',
      RELEASE,
      'php artisan migrate --force',
      `laravel:restart on ${BOTH}:`,
      'sudo systemctl reload php8.3-fpm',
      CURRENT,
      'php artisan queue:restart',
    ],
  },
  {
    recipe: 'Symfony',
    task: 'deploy',
    lines: [
      'composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader --no-scripts',
      'setfacl -R -m u:www-data:rwX -m u:deploy:rwX "$HOME"/srv/releases/RELEASE/var/cache "$HOME"/srv/shared/var/log "$HOME"/srv/shared/public/uploads',
      'setfacl -dR -m u:www-data:rwX -m u:deploy:rwX "$HOME"/srv/releases/RELEASE/var/cache "$HOME"/srv/shared/var/log "$HOME"/srv/shared/public/uploads',
      'export APP_ENV=prod',
      'php bin/console cache:clear --no-interaction',
      'symfony:migrate on app1.example.com:',
      'php bin/console doctrine:migrations:migrate --no-interaction --allow-no-migration',
      `php:reload on ${BOTH}:`,
      'sudo systemctl reload php8.3-fpm',
    ],
  },
  {
    recipe: 'WordPress',
    task: 'deploy',
    lines: ['sudo systemctl reload php8.3-fpm', CURRENT, 'wp core update-db', 'wp cache flush'],
  },
  {
    recipe: 'Docker Compose',
    task: 'deploy',
    env: { REGISTRY_PASSWORD: 'p4ssword-of-ci' },
    lines: [
      `docker:pull on ${BOTH}:`,
      "printf '%s' [secret] 2>/dev/null | {",
      'docker login --username ci --password-stdin registry.example.com',
      RELEASE,
      'export COMPOSE_PROJECT_NAME=shop',
      'TAG=$(cat REVISION); export TAG; docker compose pull --quiet',
      'docker:up on app1.example.com:',
      CURRENT,
      'TAG=$(cat REVISION); export TAG; docker compose up --detach --remove-orphans --wait',
      'docker:up on app2.example.com:',
    ],
  },
  {
    recipe: 'A directory of a monorepo',
    task: 'deploy',
    lines: ['# look for apps/web', `npm:install on ${BOTH}:`, RELEASE, 'npm ci --omit=dev'],
  },
  {
    recipe: 'Several applications in one repository',
    task: 'deploy',
    options: ['--config', 'apps/admin/deploy.config.ts'],
    lines: ['app:restart on app1.example.com:', 'sudo systemctl restart admin'],
  },
  {
    recipe: 'An inventory from Terraform, Hetzner or AWS',
    task: 'deploy',
    lines: ['deploy:symlink:release on app1.example.com, db1.example.com:'],
  },
  {
    recipe: 'Twenty stages out of one loop',
    stage: 'gusto',
    task: 'deploy',
    lines: ['deploy:symlink:release on app1.example.com:'],
  },
  {
    recipe: 'Behind a jump host',
    stage: 'staging',
    task: 'deploy',
    lines: ['deploy:symlink:release on app2.example.com:'],
  },
  {
    recipe: 'Other users for other roles',
    task: 'reports:build',
    lines: ['reports:build on work1.example.com:', 'sudo -H -u reports -g www-data -- /bin/sh', CURRENT, 'umask 0027', 'bin/reports'],
  },
  {
    recipe: 'Cron jobs, host by host',
    task: 'cron:write',
    lines: [
      'cron:write on app1.example.com:',
      '5 3 * * * deploy cd ~/srv/current && bin/sitemap',
      '$as install -m "$mode" -o root -g root "$work/$name" "$new"',
      'cron:write on work1.example.com:',
      '*/10 * * * * deploy cd ~/srv/current && bin/feeds',
      '0 6 1 * * deploy cd ~/srv/current && bin/bill',
      'cron:write on app2.example.com:',
      'sudo rm -f /etc/cron.d/shop_production',
    ],
  },
  {
    recipe: 'Compare the hosts',
    task: 'hosts:compare',
    lines: ['hosts:compare on app1.example.com, app2.example.com: code that decides when it runs'],
  },
  {
    recipe: 'Log in, and a console',
    task: 'console',
    lines: ['console on app1.example.com:', CURRENT, 'export NODE_ENV=production', 'node --experimental-repl-await repl.js'],
  },
  {
    recipe: 'Fetch the database',
    task: 'db:pull',
    lines: ['db:pull on app1.example.com, db1.example.com: code that decides when it runs'],
  },
  {
    recipe: 'A rake task with arguments',
    task: 'orders:recount',
    options: ['--year', '2026', '--region', 'us'],
    lines: ['orders:recount on app1.example.com:', CURRENT, 'export RAILS_ENV=production', "bundle exec rake 'orders:recount[2026,us]'"],
  },
  {
    recipe: 'A key that only your machine has',
    task: 'deploy',
    files: { 'config/master.key': '0123456789abcdef' },
    lines: [
      `deploy:check:linked_files on ${BOTH}:`,
      `deploy:upload_linked_files on ${BOTH}:`,
      '# upload config/master.key to ~/srv/shared/config/master.key: 16 bytes, missing there',
      `deploy:symlink:linked_files on ${BOTH}:`,
    ],
  },
  {
    recipe: 'A token for private packages',
    task: 'deploy',
    env: { GEM_TOKEN: 'tok3n-of-the-gems', NPM_TOKEN: 'tok3n-of-npm' },
    lines: ['bundle install --jobs 4 --quiet', `npm:install on ${BOTH}:`, 'export NODE_AUTH_TOKEN=[secret]', 'npm ci --omit=dev'],
  },
]
