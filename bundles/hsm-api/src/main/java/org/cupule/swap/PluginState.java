package org.cupule.swap;

/**
 * Where a plug-in is on its way in or out.
 *
 * <pre>
 *   in:   REQUESTED --> RESOLVED --> ACTIVE
 *             '------------'-----------'------> REFUSED (all is as before) or FAILED (something is left; it is told)
 *   out:  REQUESTED --> QUIESCED --> UNINSTALLED --> GONE    (its classes are collected)
 *             |                          '---------> LEAKED  (somebody holds them; GONE when that one lets go)
 *             '--> REFUSED, FAILED
 *   at a start of the platform:  MISSING (it was installed; its jar is not there any more, or another one)
 * </pre>
 *
 * @threading immutable
 */
public enum PluginState {
    /** Asked for. */
    REQUESTED,
    /** Installed, and the framework finds what it needs; nothing of it runs. */
    RESOLVED,
    /** Runs, and offers its models. */
    ACTIVE,
    /** No live instance uses it: they were moved, parked, or there were none. */
    QUIESCED,
    /** Uninstalled; whether its classes go is not known yet. */
    UNINSTALLED,
    /** Uninstalled, and its class loader is collected: nothing is left of it. */
    GONE,
    /** Uninstalled, but something holds its class loader. */
    LEAKED,
    /** Not done: all is as before. */
    REFUSED,
    /** Not done, and not all is as before. */
    FAILED,
    /** It was installed when the platform ended, and could not come back. */
    MISSING
}
