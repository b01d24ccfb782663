/** Calls of the API for drains. Each @throws {ApiError} */
import { asked, posted } from './client.ts';
import type {
  Decision,
  Drain,
  DrainAction,
  DrainPlan,
  DrainPlanRequest,
  DrainRequest,
  DrainSummary,
} from './drain-types.ts';

/** The newest first. */
export async function getDrains(): Promise<readonly DrainSummary[]> {
  return (await asked<{ readonly drains: readonly DrainSummary[] }>('v1/drains?limit=50')).drains;
}

export async function getDrain(id: string): Promise<Drain> {
  return await asked(at(id));
}

/** Looks at each VM for some seconds, and changes nothing. */
export async function planDrain(request: DrainPlanRequest): Promise<DrainPlan> {
  return await asked('v1/plans/drain', posted(request));
}

/** @param key the same for each try of one wish @returns the drain that the host has already, or the new one */
export async function startDrain(request: DrainRequest, key: string): Promise<Drain> {
  return await asked('v1/drains', { ...posted(request), key });
}

/** @param reason empty: none was given */
export async function actOnDrain(
  id: string,
  action: Exclude<DrainAction, 'return'>,
  reason: string,
  more: { readonly abortRunning?: boolean },
): Promise<Drain> {
  return await asked(`${at(id)}/${action}`, posted({ ...more, ...said(reason) }));
}

/** @returns the drain that brings back what left */
export async function bringBack(id: string, reason: string): Promise<Drain> {
  return await asked(`${at(id)}/return`, posted(said(reason)));
}

export async function decideVm(id: string, uuid: string, decision: Decision, reason: string): Promise<Drain> {
  const place = `${at(id)}/vms/${encodeURIComponent(uuid)}/decide`;
  return await asked(place, posted({ decision, ...said(reason) }));
}

export async function retryVm(id: string, uuid: string, reason: string): Promise<Drain> {
  return await asked(`${at(id)}/vms/${encodeURIComponent(uuid)}/retry`, posted(said(reason)));
}

export async function allowPause(
  id: string,
  uuid: string,
  maxDowntimeMs: number,
  reason: string,
): Promise<Drain> {
  const place = `${at(id)}/vms/${encodeURIComponent(uuid)}/allow-pause`;
  return await asked(place, posted({ maxDowntimeMs, ...said(reason) }));
}

export async function setCordon(host: string, to: 'cordon' | 'uncordon', reason: string): Promise<void> {
  await asked(`v1/hosts/${encodeURIComponent(host)}/${to}`, posted(said(reason)));
}

function said(reason: string): { readonly reason?: string } {
  return reason === '' ? {} : { reason };
}

function at(id: string): string {
  return `v1/drains/${encodeURIComponent(id)}`;
}
