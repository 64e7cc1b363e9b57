/**
 * A PCI device made as a vendor would. Its data sheet is the README of the bundle.
 */
@NullMarked
package org.cupule.dev.sample;

import org.jspecify.annotations.NullMarked;
