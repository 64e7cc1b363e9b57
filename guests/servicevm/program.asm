; The User VM's program, as bytes of the Service VM's.
        section .rodata
        global  user_program, user_program_end
user_program:
        incbin  "user.bin"
user_program_end:
