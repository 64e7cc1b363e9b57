/**
 * I/O requests, their clients and ranges. Seed patches 09, 10 and 14.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.ioreq;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
