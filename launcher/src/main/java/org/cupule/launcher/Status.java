package org.cupule.launcher;

/**
 * The exit statuses that the launcher itself gives; all others are the commands' own.
 *
 * @threading immutable
 */
final class Status {
    static final int OK = 0;
    static final int USAGE = 2;
    static final int HOST_FAILURE = 4;

    private Status() {
    }
}
