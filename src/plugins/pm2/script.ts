/**
 * For `node -e` of any version that pm2 runs on. Its argument is JSON. Reads `pm2 jlist` (an array with `name`, `pid` and
 * `pm2_env.{status, pm_cwd, pm_exec_path}`: https://pm2.keymetrics.io/docs/usage/pm2-api/ and `pm2 prettylist`) on the server
 * itself, because that holds the environment of every process, which belongs into no log. Where a process really is,
 * /proc says.
 */
export const LOOK = `
const { execFileSync } = require('child_process');
const fs = require('fs');
const { pm2, apps, deploy, current, stable, timeout } = JSON.parse(process.argv[1]);
const end = (text) => { console.log(text); process.exit(0); };
const isBelow = (path, folder) => path === folder || String(path).indexOf(folder + '/') === 0;

function read() {
  const text = execFileSync(pm2[0], pm2.slice(1).concat('jlist'), { encoding: 'utf8', maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'ignore'] });
  // pm2 may print notices before it.
  const line = text.split('\\n').filter((each) => each[0] === '[' && /^\\[(\\{|\\])/.test(each)).pop();
  if (line === undefined) end('failed: \`pm2 jlist\` gave no list of processes.');
  return JSON.parse(line);
}

function placeOf(each) {
  try {
    return fs.readlinkSync('/proc/' + each.pid + '/cwd');
  } catch (error) {
    return each.pm2_env.pm_cwd;
  }
}

function look() {
  const live = fs.realpathSync(current);
  const all = read();
  const chosen = all.filter((each) => apps ? apps.indexOf(each.name) >= 0
    : isBelow(each.pm2_env.pm_cwd, deploy) || isBelow(each.pm2_env.pm_exec_path, deploy));
  const missing = (apps || []).filter((name) => !chosen.some((each) => each.name === name));
  if (missing.length > 0) return { why: 'pm2 has no process named ' + missing.join(', ') + '.' };
  if (chosen.length === 0) return { why: 'pm2 runs nothing below ' + deploy + '; \`cwd\` in the ecosystem file should be ' + current + ', or \`apps\` name the processes.' };
  for (const each of chosen) {
    if (each.pm2_env.status !== 'online') return { why: each.name + ' is ' + each.pm2_env.status + '; \`pm2 logs ' + each.name + '\` says why.' };
    const place = placeOf(each);
    if (!isBelow(place, live) && !isBelow(place, current))
      return { why: each.name + ' (process ' + each.pid + ') runs in ' + place + ' and not in ' + live + ': \`cwd\` in the ecosystem file should be ' + current + '.' };
  }
  return { chosen, pids: chosen.map((each) => each.pid).join() };
}

const until = Date.now() + timeout;
let since = 0;
let pids = '';
function step() {
  let seen;
  try {
    seen = look();
  } catch (error) {
    end('failed: pm2 cannot be asked: ' + String(error.message).split('\\n')[0]);
  }
  const now = Date.now();
  if (seen.pids !== pids || seen.why) since = now;
  pids = seen.pids;
  if (!seen.why && now - since >= stable)
    end('ok: online in ' + fs.realpathSync(current) + ': ' + seen.chosen.map((each) => each.name + ' (process ' + each.pid + ')').join(', '));
  if (now >= until + stable) end('failed: ' + (seen.why || 'The processes do not stay: pm2 starts them over and over; \`pm2 logs\` says why.'));
  setTimeout(step, Math.min(500, stable));
}
step();
`;
