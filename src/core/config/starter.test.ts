import { expect, test } from 'vitest';
import { type StarterAnswers, starterConfig } from './starter.ts';
import { STARTER_PRESETS, type StarterPreset } from './starterPresets.ts';
import { load } from './testing/load.ts';

const answers: StarterAnswers = {
  application: 'shop',
  source: 'git',
  environment: 'production',
  transport: 'wire',
  host: 'web7.example.com',
  user: 'deploy',
  path: '/srv/shop',
  branch: 'main',
};

test('what was answered comes back when it is loaded', async () => {
  const config = await load(starterConfig({ ...answers, directory: 'web' }));
  expect(config).toMatchObject({
    application: 'shop',
    source: { type: 'git', subdirectory: 'web' },
    environments: {
      production: {
        branch: 'main',
        keep: 3,
        servers: [
          {
            name: 'web7',
            transport: 'wire',
            path: '/srv/shop',
            options: { host: 'web7.example.com', user: 'deploy' },
          },
        ],
      },
    },
  });
});

test('a directory on this machine needs neither host nor branch', async () => {
  const { host, user, branch, ...rest } = answers;
  const text = starterConfig({ ...rest, source: 'directory', transport: 'here' });
  const { source, environments } = await load(text);
  expect(source).toMatchObject({ type: 'directory', directory: expect.stringMatching(/\/dist$/) });
  expect(environments.production?.servers).toEqual([
    { name: 'web1', roles: [], transport: 'here', path: '/srv/shop', options: {}, secrets: [] },
  ]);
  expect(text).not.toContain('branch');
});

test('answers that YAML would read as something else stay texts', async () => {
  const config = await load(
    starterConfig({
      ...answers,
      application: 'true',
      environment: '1e3',
      host: '10.0.0.1',
      user: 'null',
      path: "/srv/it's a: #shop",
      branch: '1.10',
    }),
  );
  const environment = config.environments['1e3'];
  expect([config.application, environment?.branch, environment?.servers[0]]).toEqual([
    'true',
    '1.10',
    {
      name: 'web1',
      roles: [],
      transport: 'wire',
      path: "/srv/it's a: #shop",
      options: { host: '10.0.0.1', user: 'null' },
      secrets: [],
    },
  ]);
});

test.each(Object.keys(STARTER_PRESETS) as StarterPreset[])('the preset %s loads', async (preset) => {
  const { environments } = await load(starterConfig({ ...answers, preset }));
  const { postUpload, postLaunch, files } = STARTER_PRESETS[preset];
  expect(environments.production?.commands.postUpload).toHaveLength(postUpload.length);
  expect(environments.production?.commands.postLaunch).toHaveLength(postLaunch.length);
  expect(environments.production?.shared.files).toEqual(files);
});

test('the first line tells editors the schema', () => {
  expect(starterConfig(answers).split('\n')[0]).toBe(
    '# yaml-language-server: $schema=./node_modules/cutover/dist/cutover.schema.json',
  );
  expect(starterConfig({ ...answers, schema: '../s.json' })).toMatch(
    /^# yaml-language-server: \$schema=\.\.\/s\.json\n/,
  );
});
