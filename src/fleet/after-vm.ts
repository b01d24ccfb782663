/** The code of a VM that has left, and after which a program of its user does not let the drain go on. */
export const AFTER_VM = 'after-vm-holds';
