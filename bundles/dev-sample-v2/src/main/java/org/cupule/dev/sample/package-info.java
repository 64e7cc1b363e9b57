/**
 * A PCI device made as a vendor would, model 2. Its data sheet is the README of dev-sample, model 1.
 */
@NullMarked
package org.cupule.dev.sample;

import org.jspecify.annotations.NullMarked;
