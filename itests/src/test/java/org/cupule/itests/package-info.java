/** Tests of the built bundles, outside of a framework and inside of one. */
@NullMarked
package org.cupule.itests;

import org.jspecify.annotations.NullMarked;
