/**
 * C-states and P-states of the processors that a VM runs on. Seed patch 13.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.hsm.power;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
