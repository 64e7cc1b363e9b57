package org.cupule.hw.ept;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptContract;

class FourLevelEptTest extends EptContract {
    @Override
    protected Ept create() {
        return new FourLevelEptFactory().create();
    }
}
