/**
 * Live swap: the one contract for devices and hardware, and the deployer that makes a swap a transaction.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.swap;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
