import { describe, expect, test } from 'vitest';
import { type Access, REAL_ACCESS } from './access.ts';
import { GuestAgentError, runInGuest, whyNoAgent } from './guest-agent.ts';
import { VirshError, VirshTimeoutError } from './virsh/virsh.ts';

const DOMAIN = { uri: 'qemu:///system', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' };
const PROGRAM = { path: '/etc/switchover/notice', args: ['moving', 'host1', '60'] };
const STARTED = '{"return":{"pid":90}}';
const LASTS = '{"return":{"exited":false}}';

/** A host whose guest's agent answers so, one after the other; what it was asked. */
function agent(...answers: (string | Error)[]) {
  const asked: string[][] = [];
  const ask: Access['virsh']['ask'] = async (_, args) => {
    asked.push([...args]);
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? '';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const clock = { ...REAL_ACCESS.clock, sleep: async () => {} };
  const access: Access = { ...REAL_ACCESS, virsh: { ...REAL_ACCESS.virsh, ask }, clock };
  return { asked, run: async () => await runInGuest(DOMAIN, PROGRAM, access) };
}

describe('a program in the guest', () => {
  test('is run by its agent, which is waited for a few seconds, and is well once it ended or goes on', async () => {
    const { asked, run } = agent(STARTED, LASTS, '{"return":{"exited":true,"exitcode":0}}\n');
    await run();
    expect(asked).toEqual([
      [
        ...['qemu-agent-command', `--domain=${DOMAIN.uuid}`, '--timeout=5'],
        '--cmd={"execute":"guest-exec","arguments":{"path":"/etc/switchover/notice","arg":["moving","host1","60"]}}',
      ],
      ...Array.from({ length: 2 }, () => [
        ...['qemu-agent-command', `--domain=${DOMAIN.uuid}`, '--timeout=5'],
        '--cmd={"execute":"guest-exec-status","arguments":{"pid":90}}',
      ]),
    ]);
    await agent(STARTED, LASTS).run();
  });

  test.each<[string, (string | Error)[], string]>([
    [
      'ends with a failure',
      [STARTED, '{"return":{"exited":true,"exitcode":3}}'],
      `${PROGRAM.path} in it ended with status 3`,
    ],
    [
      'is ended',
      [STARTED, '{"return":{"exited":true,"signal":9}}'],
      `${PROGRAM.path} in it was ended by signal 9`,
    ],
    [
      'is not run',
      [new VirshError("unable to execute QEMU agent command 'guest-exec'")],
      "its guest agent: unable to execute QEMU agent command 'guest-exec'",
    ],
    ['is waited for', [new VirshTimeoutError('no answer')], 'its guest agent: no answer'],
    ['is answered with no JSON', ['hello'], 'its guest agent answers guest-exec with what is no answer'],
    ['is answered with an odd PID', ['{"return":{"pid":"1;2"}}'], 'its guest agent answers guest-exec with'],
    [
      'is answered with another thing',
      [STARTED, '{"return":{}}'],
      'its guest agent answers guest-exec-status with',
    ],
    [
      'is answered at length',
      [`{"return":{"pid":1,"x":"${'x'.repeat(70_000)}"}}`],
      'its guest agent answers guest-exec with what is no answer',
    ],
  ])('that %s is told', async (_, answers, words) => {
    const failed = await agent(...answers)
      .run()
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(GuestAgentError);
    expect((failed as Error).message).toContain(words);
  });
});

describe('whether anything in the guest would answer', () => {
  const channel = (target: string) =>
    `<domain><devices><channel type='unix'><target type='virtio' ${target}/></channel></devices></domain>`;

  test.each([
    ['<domain><devices/></domain>', 'it has no channel for a guest agent (org.qemu.guest_agent.0)'],
    [channel("name='com.redhat.spice.0'"), 'it has no channel for a guest agent (org.qemu.guest_agent.0)'],
    [channel("name='org.qemu.guest_agent.0' state='disconnected'"), 'no guest agent runs in it'],
    [channel("name='org.qemu.guest_agent.0' state='connected'"), undefined],
    [channel("name='org.qemu.guest_agent.0'"), undefined],
  ])('%s', (xml, words) => expect(whyNoAgent(xml)).toBe(words));
});
