import { EnvironmentCommand, environmentArgs } from '../../ui/command/environmentCommand.ts';
import { exitCodeOfCache } from '../../ui/command/exitCodes.ts';
import { lockWaitFlag } from '../../ui/command/lockWaitFlag.ts';

export default class CacheRepair extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Mend what differs in the deploy-cache, and in the releases that share it.';
  static override description =
    'Takes the locks, reads and compares every file, and brings back what was uploaded where something differs, from the commit or directory that it came from. A wrong file that releases share is mended in them too, the live one included. What was cut short is found and mended by the next run.';
  static override examples = [
    '<%= config.bin %> cache repair production',
    '<%= config.bin %> cache repair production --lock-wait 5m',
  ];
  static override flags = { 'lock-wait': lockWaitFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CacheRepair);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { repairCache } = await import('../../core/operations/cacheRepair.ts');
      const { renderCacheRepair } = await import('../../ui/results/cache.ts');
      const result = await repairCache(runtime, config, {
        environment: args.environment,
        servers: flags.server ?? [],
        lockWaitMs: flags['lock-wait'] ?? 0,
      });
      return {
        json: result,
        lines: renderCacheRepair(result, style),
        exitCode: exitCodeOfCache(result.servers),
      };
    });
  }
}
