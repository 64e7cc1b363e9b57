package org.cupule.hw.ept;

import org.cupule.hardware.Ept;
import org.cupule.tck.hardware.EptRaceContract;

class FourLevelEptRaceTest extends EptRaceContract {
    @Override
    protected Ept create() {
        return new FourLevelEptFactory().create();
    }
}
