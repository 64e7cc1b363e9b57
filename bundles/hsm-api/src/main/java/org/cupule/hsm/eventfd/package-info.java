/**
 * Event counters that a guest signals (ioeventfd), and event counters that interrupt a guest (irqfd). Seed patches 15
 * and 16.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.eventfd;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
