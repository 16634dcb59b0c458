import { quote } from '../../core/contract/index.ts';
import { EnvironmentCommand, environmentArgs } from '../../ui/command/environmentCommand.ts';
import { exitCodeOfCache } from '../../ui/command/exitCodes.ts';

export default class CacheVerify extends EnvironmentCommand {
  static override args = environmentArgs;
  static override summary = 'Read every file of the deploy-cache and compare it with what was uploaded.';
  static override description =
    'The servers read and hash the files; only what differs comes back. Nothing is changed and no lock is taken. Files that the live release shares with the deploy-cache are named as such.';
  static override examples = [
    '<%= config.bin %> cache verify production',
    '<%= config.bin %> cache verify production --server web1 --json',
  ];

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CacheVerify);
    await this.answer(flags, async ({ runtime, config, style }) => {
      const { verifyCache } = await import('../../core/operations/cacheVerify.ts');
      const { renderCacheVerify } = await import('../../ui/results/cache.ts');
      const result = await verifyCache(runtime, config, args.environment, flags.server ?? []);
      const howToMend = `cutover cache repair ${quote(args.environment)}`;
      return {
        json: result,
        lines: renderCacheVerify(result, style, howToMend),
        exitCode: exitCodeOfCache(result.servers),
      };
    });
  }
}
