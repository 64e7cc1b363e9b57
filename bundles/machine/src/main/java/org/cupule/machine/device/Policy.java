package org.cupule.machine.device;

import java.time.Duration;

/**
 * How the platform deals with devices that fail, leave or do not come to rest.
 *
 * @param failuresInRow
 *            after how many failed calls in a row a device is quarantined; at least 1
 * @param quiesce
 *            how long a device may take to come to rest before a reset or an unplug goes on without it
 * @param grace
 *            how long accesses wait for a device whose plug-in went away, before they float
 * @param call
 *            how long a call may be in a device before the device is quarantined and the guest goes on without it
 * @threading immutable
 */
public record Policy(int failuresInRow, Duration quiesce, Duration grace, Duration call) {
    /** The policy when nothing is configured. */
    public static final Policy STANDARD = new Policy(10, Duration.ofSeconds(2), Duration.ofSeconds(2),
            Duration.ofSeconds(1));
}
