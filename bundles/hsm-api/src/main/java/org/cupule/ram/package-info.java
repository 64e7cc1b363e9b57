/**
 * Guest RAM as its owner, the HSM, hands it out: native segments with the record of which pages hold decoded code.
 */
@NullMarked
@Export
@Version("1.0.0")
package org.cupule.ram;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
