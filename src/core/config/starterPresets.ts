/** A command for every server, or for the first one only. */
export type StarterCommand = string | { readonly run: string; readonly on: 'first' };

export interface StarterPresetParts {
  /** For a list to choose from. */
  readonly label: string;
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly postUpload: readonly StarterCommand[];
  readonly postLaunch: readonly StarterCommand[];
  /** The hook that makes its service use a release, in YAML, for a comment; it depends on the server. Null: files need none. */
  readonly hook: string | null;
}

export type StarterPreset = 'plain' | 'node' | 'laravel' | 'symfony' | 'rails' | 'django';

const NOTHING = { directories: [], files: [], postUpload: [], postLaunch: [], hook: null };
const PHP_FPM = 'php-fpm: { command: [sudo, -n, systemctl, reload, php8.2-fpm] }';

/** What applications of a kind usually share and run. */
export const STARTER_PRESETS: Readonly<Record<StarterPreset, StarterPresetParts>> = {
  plain: { ...NOTHING, label: 'Static files, or anything else' },
  node: { ...NOTHING, label: 'Node.js', files: ['.env'], postUpload: ['npm ci --omit=dev'], hook: 'pm2: {}' },
  laravel: {
    label: 'Laravel',
    directories: ['storage'],
    files: ['.env'],
    postUpload: [
      'composer install --no-dev --no-interaction --optimize-autoloader',
      { run: 'php artisan migrate --force', on: 'first' },
      'php artisan optimize',
    ],
    postLaunch: ['php artisan queue:restart'],
    hook: PHP_FPM,
  },
  symfony: {
    label: 'Symfony',
    directories: ['var/log'],
    files: ['.env.local'],
    postUpload: [
      'composer install --no-dev --no-interaction --optimize-autoloader',
      'php bin/console cache:clear --env=prod',
    ],
    postLaunch: [],
    hook: PHP_FPM,
  },
  rails: {
    label: 'Ruby on Rails',
    directories: ['log', 'storage', 'tmp/pids'],
    files: ['config/master.key'],
    postUpload: [
      'bundle install',
      'bin/rails assets:precompile',
      { run: 'bin/rails db:migrate', on: 'first' },
    ],
    postLaunch: [],
    hook: 'systemd: { unit: puma.service, do: restart }',
  },
  django: {
    label: 'Django',
    directories: ['media'],
    files: ['.env'],
    postUpload: [
      'python3 -m venv .venv',
      '.venv/bin/pip install --requirement requirements.txt',
      { run: '.venv/bin/python manage.py migrate --noinput', on: 'first' },
      '.venv/bin/python manage.py collectstatic --noinput',
    ],
    postLaunch: [],
    hook: 'systemd: { unit: gunicorn.service, do: restart }',
  },
};
