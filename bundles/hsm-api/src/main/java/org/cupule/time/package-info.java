/**
 * The one clock of a VM and the timers that hang on it.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.time;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
