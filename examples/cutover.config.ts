import { defineConfig } from 'cutover';

/** What is the same for all servers is a function, and what depends on a place is an argument. */
const web = (host: string) => ({
  transport: 'ssh2',
  host,
  user: 'deploy',
  identityFile: '~/.ssh/deploy',
  proxyJump: 'bastion.example.com',
  path: '/srv/shop',
});

const environment = (branch: string, site: string) => ({
  branch,
  shared: { directories: ['var/uploads'], files: ['.env'] },
  commands: {
    postUpload: ['make build', { run: 'make migrate', on: 'first' as const, timeout: '10m' }],
    postLaunch: [{ run: 'sudo -n systemctl reload shop', timeout: '30s' }],
  },
  hooks: { 'after:postLaunch': [{ 'http-check': { url: `${site}/health`, deadline: '60s' } }] },
});

export default defineConfig({
  application: 'shop',
  source: { git: '.', exclude: ['/docs/', '*.test.*'] },
  environments: {
    staging: {
      ...environment('develop', 'https://staging.example.com'),
      keep: 2,
      servers: { staging1: web('staging1.example.com') },
    },
    production: {
      ...environment('main', 'https://www.example.com'),
      keep: 5,
      servers: Object.fromEntries(['web1', 'web2', 'web3'].map((name) => [name, web(`${name}.example.com`)])),
      notify: [{ webhook: { url: { env: 'DEPLOY_WEBHOOK' } } }],
    },
  },
});
