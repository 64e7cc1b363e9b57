package org.cupule.linux.acrn;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.rig.guest.StandIn;
import org.cupule.types.IoRange;

/**
 * How many requests of a vCPU are served a second, by a handler of the HSM on this backend and by a C program that does
 * the same work: {@code /bin/smoke rate}. Both serve some requests that are not counted first. They take turns; what
 * counts is the median of the rounds' ratios, since whatever else the machine does changes both.
 */
public final class Rate {
    private static final int REQUESTS = 300;
    private static final int WARM_UP = 60_000;
    private static final int ROUNDS = 41;
    private static final int ACCESS_ALL = 7;

    private Rate() {
    }

    /**
     * Prints both figures and their ratio.
     *
     * @param arguments
     *            how many requests are not counted, and how many are, a round
     */
    public static void main(String[] arguments) throws IOException {
        int warmUp = arguments.length > 0 ? Integer.parseInt(arguments[0]) : WARM_UP;
        int requests = arguments.length > 1 ? Integer.parseInt(arguments[1]) : REQUESTS;
        double[] java = new double[ROUNDS];
        double[] c = new double[ROUNDS];
        double[] ratios = new double[ROUNDS];
        StandIn.command("reset");
        RoutingHsm hsm = OnAcrn.hsm();
        try (VirtualMachine vm = started(hsm)) {
            System.out.printf(Locale.ROOT, "rate: cold, %d a second%n", (long) ofJava(vm, requests));
            ofJava(vm, warmUp);
            for (int round = 0; round < ROUNDS; round++) {
                c[round] = ofC(requests);
                java[round] = ofJava(vm, requests);
                ratios[round] = java[round] / c[round];
                System.out.printf(Locale.ROOT, "rate: C %.0f, Java %.0f, ratio %.2f%n", c[round], java[round],
                        ratios[round]);
            }
        }
        System.out.printf(Locale.ROOT, "VERIFIED: rig rate: requests served a second on Linux's ACRN driver, median of"
                + " %d rounds of %d: C %.0f, Java %.0f, ratio %.2f%n", ROUNDS, requests, median(c), median(java),
                median(ratios));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double ofC(int requests) throws IOException {
        Process process = new ProcessBuilder("/bin/smoke", "rate", Integer.toString(requests)).start();
        try (var lines = process.inputReader()) {
            return Double.parseDouble(lines.readLine());
        }
    }

    private static VirtualMachine started(RoutingHsm hsm) {
        VirtualMachine vm = OnAcrn.create(hsm);
        vm.memory().addRam(0, 0x10000, ACCESS_ALL);
        vm.ioRequests().inline("device", access -> access.address() + 1).add(IoRange.ports(0x60, 1));
        vm.ioRequests().inlineDefault("bus", access -> -1);
        vm.start();
        return vm;
    }

    private static double ofJava(VirtualMachine vm, int requests) {
        String[] answer = StandIn.command("access %d 0 0 0 0x60 1 0 %d", vm.vmid(), requests).split(" ");
        return requests * 1e9 / Long.parseLong(answer[1]);
    }
}
