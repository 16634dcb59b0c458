import type { Daemon } from '../server/reload.ts';

/**
 * Reloads as https://nginx.org/en/docs/control.html says: by HUP new workers begin with the new configuration and the old ones end
 * when they are idle; where the configuration is wrong the old ones simply go on.
 */
export const NGINX: Daemon = {
  name: 'nginx',
  title: 'nginx: master process',
  signal: 'HUP',
  isNew: `
is_new() {
  new=
  for worker in $workers; do
    case " $old_workers " in *" $worker "*) ;; *) new=yes ;; esac
  done
  [ -n "$new" ] || { why='no new workers have begun; its error log says why.'; return 1; }
  # For a moment both take requests.
  for worker in $old_workers; do
    case " $workers " in *" $worker "*) ;; *) continue ;; esac
    grep -q 'is shutting down' "/proc/\${worker%%:*}/cmdline" 2>/dev/null && continue
    why='old workers still take requests.'
    return 1
  done
}
`,
};

/** Runs its arguments. Who comes in by SSH often has no `sbin` on PATH. */
export const TEST = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin exec "$@"';
