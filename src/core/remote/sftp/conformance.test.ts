import { placeHere } from '../../testing/conformancePlace.ts';
import { directoryTransport } from '../../testing/directorySftp.ts';
import { engineConformance } from '../../testing/engineConformance.ts';
import { linkTo } from '../../testing/engineHere.ts';
import { faultySftp } from '../../testing/faultySftp.ts';
import { sftpEngine } from './index.ts';

engineConformance(
  'the sftp engine',
  () =>
    placeHere((path, cut) => sftpEngine(linkTo(faultySftp(directoryTransport(), cut ?? (() => null))), path)),
  { cutEvery: 61 },
);
