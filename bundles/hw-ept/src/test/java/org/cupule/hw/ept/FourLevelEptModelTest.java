package org.cupule.hw.ept;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptModelContract;

class FourLevelEptModelTest extends EptModelContract {
    @Override
    protected Ept create() {
        return new FourLevelEptFactory().create();
    }
}
