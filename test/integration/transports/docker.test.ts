import { conform } from './conform.ts';
import { dockerStage } from './dockerStage.ts';

conform('docker', dockerStage('openssh'));
conform('docker, BusyBox', dockerStage('busybox'));
