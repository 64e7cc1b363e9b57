/**
 * Interrupt injection: lines and messages, and the monitor. Seed patch 12.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.interrupt;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
