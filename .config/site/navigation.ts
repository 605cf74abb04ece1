export interface Section {
  readonly title: string
  /** The file of each page, and its name in the navigation. */
  readonly pages: Readonly<Record<string, string>>
}

/**
 * The order of the pages on the site. A new page gets a line here; until then it is listed at the end, under "More", and
 * `test/house/site.test.ts` fails.
 */
export const NAVIGATION: readonly Section[] = [
  {
    title: 'Start',
    pages: {
      'README.md': 'Overview',
      'docs/getting-started.md': 'Getting started',
      'docs/coming-from-capistrano.md': 'Coming from Capistrano',
      'docs/capistrano-tasks.md': 'Capistrano’s words',
      'docs/coming-from-capistrano-sidekiq.md': 'Coming from capistrano-sidekiq',
      'docs/compared.md': 'Compared with Capistrano',
    },
  },
  {
    title: 'Your config',
    pages: {
      'docs/configuration.md': 'Configuration',
      'docs/settings.md': 'All settings',
      'docs/tasks.md': 'Tasks and hooks',
      'docs/recipes.md': 'Recipes of your own',
    },
  },
  {
    title: 'Cookbook',
    pages: {
      'docs/cookbook.md': 'All recipes',
      'docs/cookbook/deploys.md': 'Around a deploy',
      'docs/cookbook/applications.md': 'Kinds of applications',
      'docs/cookbook/servers.md': 'Servers and stages',
      'docs/cookbook/data.md': 'Data and secrets',
    },
  },
  {
    title: 'Every day',
    pages: {
      'docs/commands.md': 'Commands and options',
      'docs/releases.md': 'Releases, and going back',
      'docs/doctor.md': 'Doctor',
      'docs/ci.md': 'In a CI job',
      'docs/troubleshooting.md': 'Troubleshooting',
    },
  },
  {
    title: 'Recipes',
    pages: {
      'docs/rails.md': 'Rails, bundler, rbenv',
      'docs/systemd.md': 'Services and Puma',
      'docs/sidekiq.md': 'Sidekiq',
      'docs/sidekiq-settings.md': 'Sidekiq’s unit and Redis',
      'docs/signals.md': 'Sidekiq 5 and older',
      'docs/upstart.md': 'Upstart, Elastic Beanstalk',
      'docs/inspeqtor.md': 'Inspeqtor',
      'docs/monit.md': 'Monit',
    },
  },
  {
    title: 'About shipit',
    pages: {
      'docs/glossary.md': 'Glossary',
      'CHANGELOG.md': 'Changelog',
      'ARCHITECTURE.md': 'Architecture',
      'CONTRIBUTING.md': 'Contributing',
    },
  },
]
