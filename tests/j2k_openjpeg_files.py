"""Small files that OpenJPEG 2.5's opj_compress wrote, for what Pillow cannot ask it for: name to bytes.

A made-up picture of 33 x 27 samples; the options are those that the names tell.
"""

from base64 import b85decode

_TEXT = {
    "bypass": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50s#U4TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA0009K00IA#&$RTZQh*%XzaUFpHe0U>Z<W1qz^I%9rcSBc_Csl{e*A)So&=vC9jrmA3jcpHr+dK0?@(we|9^6A6iQ^qC&1PJf5G#hg$K@
>R3B0pP=GY1NoD2rqFwXCf>E2X4RG!FBUz|1AcIBcuA#1?MoE<#^x0>JwI%<51KbCoO*hp3v34B}GJqud_T7KElT{XmH6i&VtMrl{hPU1Y>OYOBG
|Ph=Io(zNe<PFaFpL|T8+6S<Z$Pgae7?@FyB#}(H)bzf*U*ht7=NCCXT*X+)n)&GS<GOtjlzqn|9`{kwfw$VeycZ&g?!?PLG@gETp)FbEC<6fxFB
|<D^l|~q1U{0CPHZjLX2&0VgUaP6C=S(A-
v8T$WH0J@CfH#647XW&FBWP7G0^WYMJQFHMWWh9)|r};RgLlg@j95*%L^Pbw()C4zYNf^_Q$_247Ofdija_0EMTEKc5qRY6*w7evP)$$gL9dUfWi
D2qoacy@z`?xi&Uz|9|rLD&_sgtsgT`#h*2j8Ka2(eJo<JQw!GbC%(*WivNF%BxxHpbTHb`w&;D2-RMl~741u;g~{!!GsVq@JY$M?>3@-
1D92HAUMmh^HAbeHttE3@p3jB$C;^85Y2yqu<+MeqYlYjd@{w@Lh*S4#m4D}|*i^*^Qax6&mESP3--hHr-Q_=ZFpJq;yGL>IULEu^D0s^J`14l32
vrzj?sOIZf2%8w2_KAn{|HMEL$k=<Reqz;7}!ZFEvtMtO8<WWZDXK3d{Ac=Uw~5oe<#nWWPg^wK8n&))9pR5of{a9Bq%Ln+w&<i8g2=un|3q;np~
AM1GVnzNJHfIt7O;}J&Q#fA7|)ztbWL><zY=xuai#Y8Cq@U_nqwna~1uVK<Yn$1i*=Mi1%5Oyr+0PDUq?K0!I_A0Qki>GT-^VAL-
V^%>>8zfVf^*=me-HU*^t6YyslCwPkAmf2F=v|5~gIt0~UYyvv<7$Pejb{;>G93Pdoi_5XkW*#
""",
    "reset": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50s;a5TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA0008?00IA#&$Q$m+`k}8VA*EVE96?~aNX&jY_?ZSH_F?N?cjXJtpS!4iRxHdX~5@+C|=AT+gu})zZSvOh^maJ!Skwv=UoTXVl<{nW_nO
;Ek-
G5a7JXpiyqj`@TZ`sKhlD7bS^Kkyh|lLHBwOCVfW7i+y|gdL5MCqlGC&DH!2hhkL)3?Baa_`6fD$cYFTZ+CN3T<fNy2tmU>Q(S|gL~Fzw)$*$kUR
6@QdpjM@*<@VJB^^fUcx#Nozt5vv7CHMcI(7nhu;c<Zkn%<04Gt1$glCG(7f>Z`zYh%5(>R;t)8CcX0|tcikc!qCG-
w)uRZh^X2D09Aj)PRbsc4oo7kB<kYV=|_X)inFB+rRan>oGBBNnD(_8aSn%l&s2Iia;d&>LVSdU)^LvMmdjy^no-
0@?*;<CPbU2sEdBQYfa6jjb&Xj8<G4`Ix(i+{^U(FJ5402T>J~m5>9GeUk1)1(5=fOrtY&2Ml~k=Z5v$CcuXVjkjzz0UthcY0C_lf9BxxI7P;xoR
X|NggBasQL6VH%?!AT2f=*MadtJ4NNiX^&6V~j$E-?~Z5JYj+s`}#-=1}h=SuLrIZ9vkHlU~=Fs$4qog_d@=wjTo67l08!V@Od3HcW-ql<Z_+C0^
5EYkpDYZEUH!K{S2NL22&&hhleDtsr9z2n4Z_EyDGNq=i`-
?wXZP)NXi)>BSG21+|YU(g+A(b_ydlqAf<l+ZDZzNHN+FVf8$>#&#7d8mcKrV(o@&vZ!kmOecE;R2{t6UPg<Z^06Eiqz0r+K>y%&J<}<3?t1(C>#
G~In?Lh1iS}gg&hZw?>@!K5EVe18i3xX$QY7Fvv6?CY|+CrDA`iPT?=0|)uZKVA1Z62%9Uq*YV-
6y?~=A=^txHcNu090FcgeEyyvc47+TqerNp)53wh*QN^5DLGv8tM#n;@AI0*#~j5eXfqrPo~iXhdcipa)1BX
""",
    "terminate_all": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50t5m7TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA000Al00IA#&$ea}H6>C<BZ4R(9NfPkOJ6N~>%yDme`m%FcK`q#GIjrd4Qtg3t1Zq`AUXekO(g6$@F>wbRMQ{-
f1O=F)j<Csb_48R|9_@`cky@Gnx!f~|9`>r$YSthibUlH&ov3M5jhkTA5uemQzeq<G^R;q*GV69J(j-|#$8WSjjDdJ)P-
NC7tjBH^J9MRt6zUcN&kN|&kO1b$;6r;|9=DA2cS(qv<vl%u;_7=0UuwR6zhc1B~fT&RSzVU|9{7{Q0~_Iz`aNRe*_mEo#l+C+2()$e<PFaGX{X>
hJOq{1-
%0M;1r&ZL2+IufB%2?rpGS~C?i#dAOC;N&x1C%s5w&qfB%29>H7=8kiq|d!|LG#1$c!8W5Owbg={Q8Rw_e%lv99{VG}~Wb3~MiNhm(7$_e{WS3w@
aCWLi}EC$rHxIcdrY>=|c>ajzwdBP~b7AxSz@TO&f9`%ZV;V0wkGiO>Ax^FxJIoD*ceah6^!DH`2_T5oJbm<W(MjYsG*B{lgesumVAmk=5$Bq~|g
m%HrS88ed3x<K0)UlqvVt&9OY2wfSe@u1_;}@>@uF-
$Um7>V?c@$L^)5E72>#FCqgLYh>7`Ze5f5v=F6L`QqUbzUM{k5$AezvRKZ&KrtYSL>h>*b0M@Be>{BxxHzLi6D0hGw+Df3F3}_<_uv+Ro}6VP4#j
<Dl*Px6&>%PXfJ2ESlY!ZqNn^s_g_rtzKf#G?<fsNUJh`MshIImg?X0-AFIL4WA1(su}uRQ<zOWia!(`l#f-
cWp~Uhx8b=D_kaI?h;XuQ4{f}EKcw^mY%h(4pl%i3gzU+8>c=d!!&E>2e=ObcKV1Tb(NH-bBSG21+|YU(g+A(b_ydlqAf<o*e*tY{y9R$3&nSQYf
4}m_|9}5~Ngw}zC(o&5f0n;KiqccpRvHXfCp13S&kwNNi}bW83bibsw!cxQTvU}bxo98=|2@`sKcuoYty-YXaL=Kfs=@wTqi4ar1Q*fMUc=HqIAu
S)?`RvCuit-
7p7T4xI&lPcvcIFrX_*SH24rk$z>&o3Kt3@|%(wr4ycj5{z@$s2(`VXIAGYQecw8jq#K1?D#ziosJ^z2|b5k#u*$OUr&;^UK1S3TIUO!0LeOjTz>
+>F4NB@8S*#
""",
    "vertically_causal": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50tf;BTmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA0008(00IA#&$Q?q+`k}8T{c^<3U8Il;Pxbt4w*W>y8=QbB?l>x9Q6&F;_|59flV=xA}rv4&^rP4GFlMHpJr;5sKN88gXdod)L=BGNoD2
rqF1#AXgzbZ@LJkd{bVwA_z&h~j&ZJTRyPLBx{-
vm;!O_&+y|gdH`M;Ib{!5ffF%0sJ%72ARThRdA^9Y$^pYNix84QnF(%Qg<&37;=6@rT?J?A4lZhq+D^#y&kAOwS26yqLMba?)bcZQ!(*6XvvT)t1
zEr;GwKf-nA%nx}s<8c44fBhG>Z<^Ch%5)7!F+VO&mFYb7!bTo_F%le$tgE*mxR0<LI_*dtQPsR>fN0!Z+dG(*fgOI>{%spDX@cfStbm!pCttT#o
!HEMcS}8n!~X3<Aa=c?TGy7a2Zluj5&}QeM=eZ<|pg|7M?716|F3sXxeRwIdEDwN2|!9sJ5ORILBRAJ**qD<oLzOrx$D2Gzsj<_pU-HKW%G2pRKC
*ThzGZTC|$Wdii35`-~)M8!f=TvZD=3g?yrjHYS@iempr${RfyHLXJLY&KmuxmOZYrKfS}JN3)p{UJ6-
icDGZC4*x+!ii*fBaABt{@!3Rt{`E*1RHtXn7g>0bzx>W^^@AxMt60kKm|1Vbav$#EG%q&PWU~(a4;%wwd~7WPaIW+xW=p?TIc26Aq62!Z_$uNwR
1QbT&~|XQG#-ZGPr9AH0OP7iDPI9?W1u{IP-hljswdB>WPg^wK8n&))9pR5of{a9A$s%7n{lLEWHM^p3k_F#1M@guRe;nZV&4y;RB80!9AW&>v;h
TDexE6#d|LP867SVo(1UIq{`0+{a$>)>;oei|6I3lkDv++*Q@p2mJSmZ}rvgV4tpNDNH!|8V0?)_lM0IGK`${AB+``Wbgq*mT2=chdrWA+53vDtK
{Zw4>pbHmd2u6waynd0g`n5xc*XBI7kN?>
""",
    "predictable_termination": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50uTZJTmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-?R)015yA0008)00IA#&$R3u+`k}8T{c^<3U8IYalojY1Ex-?-1b9ht$zH1bP9&RIgVc&@F}J-
slr?@^bWv%jF;tx@3S>ZR9wOHsDtNU2h?CRrb%Vx^`c$#!h%tou?=wT_#;`UF(89Q=dPiyqDD!u^8!IxIFmsG+y|gdH`M;Ib{!5ffF%0%-
G8~0RThRdA^9Y$^pYNix84QnF(%Qg<&37;<|`wU?J$fRnj3V@L2p2>8hpOaue%*Pgg0g{T-VTzRv32jq_KK~l`r2dO@-jdV3@<|t1$gl1@nx9>Z-
tXh%5)gGPodiq$^VMIHA|PbS6S+211N&Zejrc3=<>4OCh|@8^})SyzmI;UJ}u0e$D6xu@+sat!kO*%r&-
(3Lb|2Tj2)%Nri+<TG<mwj&(*T(hjkBoAsBhY6f3Y#(MdQ`v8Tfiy>zue$taapJao8Lq^E;c@$L^)5E72>#FCqgLYh>7`Zf^6yFcsF~NG|B7^qUv
-$ekuXVjkjzz0UthcY0C_lZ7BxxHpbTHb`w&;D2-RMl~741u;g~{!!GsVq@JY$M?>3@-
1D92HAUMmh^HAbeHttE3@p3jB$C;^85Y2yqu<+MeqYlYjd@{w@Lh*S4#m4D}|*i^*^Qax6&mESP3--hHr-QjK3h%YE5tp&Vr4TbTrv<<?$(4Cns{
aEFem}-ak$R4Vx4WgiOK1PGHg}I>gHwt~!?eGU3Qb9@qZDXK3d{Ac=U#i$A&#7d8mcKrV(o@szJ+Pe{7>y(-
En?gADKi>w38tHNGy<Ajl{5pj?&?TG<o2s%*cCmCMH?Sy=y<Gt$gJgIO;N9tPURU|ZRhu$?E`Za{g^=NKY#?liE@bdS(Ch{cswbQv8Mt@6RiOF#W
ynESPei${+qeA=h{&pw&oUiTqNbhz(<wFMKGj34UZ|&un?l>jR07?AVM@xwd3@Sm({8qKEE;Lv}pg?
""",
    "segmentation": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50w4kZTmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA0009A00IA#&$Rp;+`k}8V3X52@TU1&vPw}=I0sCft`dI8Z8fjokWP+^Re*CGzBk}gOn8StONIV{*blLj=GzV5W@?nE|9`>rtb^xe2h?U
Xrb%UJ+e#LAS}jYI9B?2m{&>`|m#g4FdLYR=ueUO>xII6BBjGJLlS01(+y|gdJ<Cdy6{wUsA4z%d?Y#N!rjnx2#-
u+am9`_KJq>TX3)EB4!5Y3;%59!xe<PFaG9kS=p|?!b7W4{qmVCa>ue%*PgywbP_04?<)nSRAi)68SgOx9-
ee~E~42BDT!|JQ>{Z%FNj)Ur}z;%c$2iWq{<E7Wo`S&x#k(;-
Gl0=t$jzJGjWwD1DTf>sG@Wt?ua&{Y76}jhl29l1n!|$W;mzU6YIuo4OBz&AFj)!}Cys5Se@U(-
DDe6D`U~}_RkEp}%Owtlk123s#J$%IdfI`#7lpu6l-%>>9>gNOiG;EJokwsB$JUVfXx~_XzH)YB3i<3-dUoV~{7N2_LB7^qUv-
$ekuXVjkjzz0UthcY0C_lk}j3j9rIEP0KtqX34*!|vw&aqz9x=37}+Os@d*ki^xr+%0d1ZybAQFC4^4q-
J$rkSlJb6lR!h4v@`hW}~f3^e7mMaBoXUAq4ii-uG}pSxVE{~oJhQxq9U^;*VPe8S6q8<77yvI_dK1?2>_ptp_zu)a1Hfw)(C6SF1Xs~ob^4N&cf
3iypu8%03me2oWZ3v)r}ZWQ~e+u#m5q=J?Y0c~VH>&LG?OByb}ZC5AHsbqhazdnl6Q`4~FP)Q0$C<HuqECQW`S)uS@liYA`dA{wZH9T#qHnAp5V*
5**#ACS#Y5Tq5vz3GVj!2J-dI&G0rtByzLN}k@ceD-6SN4d8-hKQdq|irX416U!%6EgpnHw5#Byl>>4~$cDE-
V76ikr#BVa)UGD39B73p_3oa^hek%HtxKQXdi&+TB@xg%><%0>#+^5u$ysAEa!)tx)0h`HwB6-~ZV
""",
    "all_styles": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50zU!&TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA000AZ00IA#&$f0EG!;=c5^)$19NfPkOJIn=zz7X@sC9*l_T9_2wo^62?s$Xru(^Tr9k!kXn&acOh&3U$GNSKz7~Sd(1-
5c+6iQ^qC&1OV!Sl*vE@F%%;|I?)in@uolZ+o!s51si!cHRMG^R;qUP8ozaTbPZ;Tl@WxM%F-
;z`y=VmNvEwzx*XTs_%ic$N;fl?vCU%RD`)Dz*dM2cS(o*2tR>nP|7423tjOWrIiL=<A5%$Je{y7HSZ-#mC59+45rH;>5O%m7vou3~=Xlwj-
16G9X%eCow<}An$#kkv(<}JRcFHIdD>gUB?;$uEC{e%Jjw$pp953ww{#%pArcRRh70%&SM3HZWLX%!|LHg1&D<WW5FeGMr0g6Rw@II7;}JAP?I6P
bVU?OAs9Za+6o&`S5Th8CPH<HEC<k#up|s$7c(X3&24WXb2@WQ{p9^#R=*09k)SI(a?7EW&rHi=SEKHIrFbFww8XxiYPgetEIcH43`_t`P4z<xd<
(sB1l+91mWp1wYJlceJY)NPFTVKN8`@mHzpj`t74msE=)q_2xC8~ZpA&v+35T|Rjcv5DD@454w$+~k33xECVcyNIO^ur>w(|EX<^9SvX!)9kEcvX
E%^XMT>0=d&m|nMeJ@#X4wu~fc8#lm*_0h%Sjo7RS$b{Aj=g2|ewVn0Of-ih@*<Uu@(=sUiLJf{F?cCnFT(dk*s#Z)j4nsS4J0Nw{v+Jt}Tp+;Zv
9Bo^OzsFJ*FJ4)#hbQUsF$+g+sU)FDECs1M=9J8Ew|yh5BF!b<v(>Wi`iYfN;{8|@b96SL&jI<$C|bHLa4(RbD*}XD~>7>KN$J`AuK@-
&m(zN`j0?kVI-)wt?=C{wgGKqJNJ)F1Bbz^61J?@Xtsb-wkOZ2WPg^wK8n&))0b^aCXAv@SiJtpn_ddb@+|J<SeUk)5f~eqsq=VKcL>V;e+g3+?7
vuBeUp}$1|4{V2}t+RC{pv^uB^!*Yn7`JXH-
9P@=qH*dX6JjHF3AJ!J7SVOgTWpdRDkBe$r6RCEhAD2gWJ6mb13`y&vh;!^O}{e~1f(<&J<#f@S_}<YvGgE4x-
!wxzyRs{b`u7gkf9r+Jq;ZIB<*$NgdPY7~fJTk5v|*#
""",
    "bypass_reset_causal": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0RRF50t*5ETmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-?R)015yA0009Q00IA#&$R5RQh*%XzaUFs*=Ex#<XY?wYw9R#Wlqe#ApP5Q1LixP1fL%rtU;*?|9>*4d%(u;P-
rUue{yXUN@T_-
z}5eM!SkYp2hNsMA5utAfHbB_W_nO;E7}^kMwYT|??ysN)<<HI%k*+h0eZQ68^p1d8uZy`hqWdDe*@eHpiM!DE<BRcv+_48A!i@hLtIB5KKv+IsL
a%|+kQ-3JX?*ZG|Ph=Io(zNe<PFaGh2#B#0vL&?F5PIzzCu=hb{_IbFno-kDn|!&Vn^ypPqnc#DYTAW&eL!%wVvM!i%c^f5Ymv{JvOzt3Qi{eBy~
g^<4T~Aa#f=2Y)UkTu*F&7Z+xTe92*PAH1Kd%GkXnIT`}99G62Yo|%@!uSeYbO7KJVX^DM2)o~{PSa?Y87?=Q>oAU=xfp_vt9yqj8_0v=bGO^<y+
v$Dx#?ao<=IcaYz*ouS-
=hVezTglapA&v+35T|RjkeOrtrGKI+g5xCCE&unhkG`;Ha2YkfAaS#<^9I3A2U$JpEZ&hqlo=|EMl=!3)b%^zRYck|9^}mX&X96-E?ty<BP-
539J*(kb}W%JL{bUUij&<zHPgvW?q@t;~w43>!r&x#OkGF!%*Ziw{x-
wU0XiDlLCeZE#<5<zz|EWeA?HGH*B|2FJ;5GlV@GWx|DJ`PT+xUzYWNLyX8N1FpJq;yGL>IULEu^D0s^J`14l32vrzj?sOIZf2%8w2_KAn{|HMEL
$k=<Reqz;7}!ZFEvtMtO8<WWZDZzNHN+FVe}Gc|e<#nWWPg^wK8n&)*X3_8L*IScb<A+uGQYaw1v%o#6sRgB8=9%}cvE)>%Kd){Qyinq3vaS=(*V
P-5Me1E`Xvfpd-c_sBn@)GWlcezPeXsk#Y;$P<8Nt$HTvG6B5kDn@ogTf(O*V;sNE;Mk>;d7`Mn?M*2B#N$M}G_URdY^s3u?L&PHqj;=8qFYX5(w
zE%HPtP86t&eOchoi@l1>0|z|__Yc|Fs=3ffB)G
""",
    "bypass_irreversible_layers": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009R90sm3}3;+NC0ssO81OWj5TmTV5Us6y7Pz6v&SJPM1S7QHU03`qcLvm$dbY
)~9VtF7>aAj^vP(?=|c4cyNX>V>IGA=bPF#nJM3IG5A00C400soW7#9SR6v^~U(zVYa@9jy37n5}ZS>hchStbl;@vWI0ef`6|(0$$E=nbg|B@FfS
rydFqqw+g5tHM;g~s%qZc69S{h8d&sEj9NIqkxMoBw1V<^!ou))Or=<zWAOC}e_7T|Bw4v+Pxjc>rg_2b4iAS(gW=FXb%-
nn#|;#pg%%SXc*pHJy~AKEAPm=9U>sieol}e7z_#6GL!=m^`_1xLkD%s;`1Ul?s6alYx`Y=`^?HZoREJoOMj`bGn$-
~=6d)SooD>LLvNesv<=?2qxm%4U5$2N)t-
|e#=bMkFvuH<~Ph6TON8~PqGB(8WadAP$#8pRYOUil5Gm`=JC>R(XKef7)g=6>i*|@LVglr%I5d?wn#e9$8<Ks-1E?~-
e2`Uo%#`&1jR!umZ+(kkyynNZGdgB^)af4DsUH{n
""",
    "terminated_bypass_16_bits": """
|4;u>04V?f0000X0000R00000000000000X0000R0000000000009pH0sm3}3;+NC0RRC50R;j7TmT0^fQX2Y|6~9q00BdCWnpw>WFTUBAWv{*Zc
0!^M<8}(a&u{KZXhx)H7+p!kN^q*00008C;$Qfljr{i$UsW72@MIFB0NKYgAoQI3`7`+F%V)P#6gI^_-h=6D3b{Ahe&jXNHl{;G=oSqgGe-
h8|UphSo3jz$cvJsS`J#jd}MrLmVfse3f}tD6_9orKSPQDD3)(Yf8voz(T70Q$3NjWl>&fWD&(+?3Qr#dC789lZ16h|;C(sYO;kjW1cLv6F+(_&8
qX(P$?+3;z>B~FL2Qcuf27-LBpZ?Dsp4r(Nh<e6P|b)H|9=*~^w69m#Ry};A?=@TF|50a|9=X-<8#m`X&pgZJvL|wA-$@i|9?^g%9U-
SW3m|NzB!3T6SxkF|9>jiQt{{paC2o&oei7t3)}vd|9>jLd2D?qTTtse4txcX0=0G+|9>jQG^(5q;usZbvd3<<O}%j}|9>j((I*fPuv;H<`y%?rb
=ii3|9{oAkJ2SP<LqYlgnmF3YLal^|9>6#OKJfk;vjqT&A$--*&#MQ%8q}>`sf-
$itZnBG+cK)Wq<#F7d5S8>CAy>ruK$K!a}>h|9^|$YLu%#%L$|uh-YGZ3jcqS9eHNQf!?ny6}{FgivNEqM2g{-
Y2=W#=c)@Ks{enLMe?vQKOih)AO(;L`u~5Z@FSdJxm&$Xic4N0|9{(66mk=zz7~#Dp~wmUe>b^umdBk*XD6_fLLL8q@@f5LAW@<t0)YkI&HsPG!Q
;<`q4iY%BaFt7|9>D*5gW^9z_MGolz&zKe^fLTr-HSr9kBc{y9xh);s0Rp#ueCMas+0Gju4(8z(Ih60R{pL1Q-
Y~7yko@M|jFyl8CH}2yll8aDxaig9tFNzwjDPAfAAoq8tP$h%pdiAV@%nfe`{C1V#T~<Z-
P+SR|4vA+j4GvI`)x3m~!!EFb(HLWH=OCuoS_3E~U{7zhv$ARs_Mc!2=|0{?Jw(5#s=l0g)aQ4J7L1rSjMkWmE?b%-
C;S08^EVzZAk<8IY91Nuy2Ru8<^x5l??*VG>?T0F&;k5!fLNm^$=_U0zya(L}a!qlae^?x&dcv5x77g_&*orK#hK{9QSv{tkC9>S<#FiEQaf9)-
hDlsZ*gbNu_fE}(82|`-
`e>Rc=Szmxa8saa~U&Z279pL|e*vNNJHr+|ulcLh;rE)k#ivNEl))U|I*2mAI^u9YCId}8&|9@%@5@HcT&5VlzE{4pEWSjN>e=2sC&<j$;VUSk$g
cgy+{=)x%Dzf2Q_Dj7_78cGzXw`0N`u~3_zH0lv+=vkY*mM2)HZr!V|9_Rk2w(C>X`f^-
Lo`mK=aHoUe`|k#e+OI#Hj^Sifvf@<gP$6Vh<DQkAnWm)nq~Y7C6qsTf3!aZA+4#y6V$M-
so?TCfB%0T*?yzJN~Br*`pJ>@>i>Vo;mcAsv0Pj4;UTLP|9^{>FtrA4^G;3aYD5E7|9?s$t@JNTps)JsF5B7ve=0UUp1kTo=?-tSBDVj3)j-
egTyon`AW;i%R{wu-hb^rTs9}4IF=f~Pe_z1~&>^(*HMV-n6aRl7b<6;snvFBxauIU>e{FN@9@^ua!*s7~j{koN$b@-
JaTP8Txu*hzGT^111p~tPflmKydy7XqL>3<jWYB-L*W$|)%;C{<S))7)I5V0*z~SdOBb-
3rKQkp{)z~kkJec@zFJkISa}{vfJO6*Es~Cm?N1K5O$sg{R*pt!t9jgC-MQUwjUNIj{!H3K1nghK4Ty`q|e<ghFeT^-
y3%0U7J5u3RT+5pOf93Unc2eJF60WBpC871Yi%?zve>2h(9#{^thFXW9{~h|lrYNfaf5($(@&#b3LFTp53<2k1g<k)EI(+gwI3I75&5yGsN|yaQW
dDB|5O(klrt~0tq|Y)EPNa;t|9|kXF>NHzlHquk*{`eZTd3^+e-
BkH&l=P9l^AMMuOX}xO&ci`egA*6RNFMzN7H=~Ak$8NzZ;al|9|t$0oAWhjakZRop?9@f65DN)n}g%*5em*Qi}h7bCR%{N_2dIKnYVS|9??yB-
7+%)9bw2d@BEc6|gpA*n^;XO;cVf|9|y#c@OHC?#Y)Qv1<Q+XOC`7Y<uh4cZD+le?_iAl(RNfqLLEY|9_oYh++GtRBo-zivNFRAWVeH@3nnx;L`t
p=^w=i8lhC*NfF}ze<#nWWPg^wKRj1KbyvT$>uz7Re<MLq00TVjZI!`)3%^4iVubj|E$}kk6E*;8pL*B7Ic6z;6}k>+0Z#K-
8A8mmvL@7v;vq|a|9|<p2bIuFDaiw+{RqKAf@=P(|9^wZhH9Bzt}}RjuHJc;9aQN5e=q$bDj}iov5o%gq-jI;{>uM<we>N}#Z7k;gjId5EH9`Lng
4&FB5)7@t^fdl5C8;#NCCnBe^7d10Ssy28xRPDi=4|M>;HdWzi6X@Xm$4;;8RG>{V>)4f9NCP<|ZhDCS@{Lu)S-
U|9^V@XT_#X6rm_>(W5<ol~MnH<Qe|XVQ2_J6S3AEY67*k|9>b2FS36H98-
5jyYZ{T?|&?0&6Hz*ms@kIQI6B!V6uq+e?W^wjhvq_`kEPh=`R0&olHL!a%Rj4m&rp`|9|im5A=d{I{X|TcmIF1)hL(zRB6G3pp@1Bf2Fd^CM2RN
%whQT|9=7ip#UHN0Ehq}|9=lelqU#dF&QYc|9{3@m@9!V<KE{Y|9=9a`Gfxk9={+nD*t~c?pn4p*~1ZQWdDD`Wpar?6m?g$PXB-Z*#
""",
    "roi": """
|4;u>051Rl0000X0000R00000000000000X0000R000000000000RdB0S5sA2LS>9QUDA9000320t5sA0smY83P3<eNKi;fQ2$;41pojH|6~9q00
BdCWnpw>WFTUBAWv{*Zc0!^M<8}(a&u{KZXhx)H7+p!kN^q*000031^@y7lgG@k9Nb}ah2cDqH^TQ*jU5S3vLvtr-
(^B2?zfHe{}=sU@(NOCli;Z<6vB!<-%8LireLK~fa>+4Lwx@Xqm;Oon7`d5U|K&;qx9wxLk#wBotDodkkJ>pnI20p!{Rg-wCUXajP?_)=#W^ENgz
(7WMi;&AcmG3oWSZZJj@S)pc%yLi_`*#9=wz<z|GxD2Qv=4gmJd781j>K3I06E@R>qWaaz80!xac0Vv$cXnK5^5S#quR%P|Wlj2i18hI3h<ro-Yh
4~X0zU|yke;M0Q5%3whp>fS{`bik%u$KP8*=&@W$5oO64TMu=n>@d@F{K|v&LAiDLkB>$HL>{Z!{qO1iwdM9Q*TZE#spg!2^0;`rE5PBvEEFCu{&
CvD@M&;-8k8RmxLBv|owkAFeBk|&?RdAM8nY_+0{FYfbM87LY1jXL!-BCn!g~si-cY*QXcW9FE=0~O917hr)OLY5#>YyO{$TzqGGQE#7bBC2LSqx
FzyAu08UF~TQ6L%T0i2}D;{#oocB$1*^WHAe2xt3;A03ZVlXNC^OeDcINj8YI2SatmkZv>PLOci7yvNQ50UC`7vn>;Fb>=fDs(2_E7$Za%;n1mCq
@M^xxU^;hh(xIcdfSjNJ({fiL+mDzJ76#qWb>s#5jJex_1SJ&V#m-~>%-yIW8$ep;n09tQPgK<-
(g+JYzNcWy42GP_p{q}=br(Do8@>GX><xtT?daCva21f1<}_#Y{c&ob6_ecYFeZd<S(3gjr!ol0ZQ>5G?%aCbM%aBf3sgEK!4=4jvQp}ls%?>M4~
og*BW&i>zmup!6D2mWeoEdfili6x|U68VX~F0gk0jr`7FSMx-
r92JUEMRtpf|XFVDmhnhPzxvpAncvYo_TyEwN31!E}08Y10mf$P9kHo5@FYZe|xiL-l|ufvKk2Mr#-
?OzR(wtaMjAcqn4KuLeA?M}#?!Q)v#bV5%=e}96aLcW5YfdAP
""",
    "roi_irreversible": """
|4;u>051Rl0000X0000R00000000000000X0000R000000000000RdB0S5sA2LS>9QUDA9000320t5sA0RLP75kg;5Pz6v0P)AqOSJPKw|6TwE0R
RmDWB?@q0Yh?SVRU6=AYyqSPjF>!N>D{dAa-SPb7^mGATlmBE-
?R)015yA0006f00IA#!{tgC5;dKfks=**y1ryO(<M`_Z}muLPozOGGySN_vw%3f>{Y$z!{tmDWgO3gts>2Gdw_22VMaO8cht7gR5kmuK@z$3dY;^
Mco6J+hQaX|9VJ^{Rlez6KfU%?bZHBOL3POjy-!uNz{`Qu;B^og&L27NmH2KO$lC+zO4F-
Tccet~etY!RZ~Bvu2_Ir<J+V1nA<Be6JPm1$rFy{QAay7mKpKabS@_0Gw#}?*+5tL3)C**^Mn3>`$MKxCB{!!Z7sGpEZtu=i=i@qT_U(p%!0n_T4
a5%EfGD_{C#thvFR*f};dzq#md^hjM*Cxxi#8WUt3d`CCMTw(G6{f8nlv&?A=>3%uwo+ApN>W$_s6QFG?;*ge+tVM#EWPbfL?zxq>loSjF5WiFkg
u5HX(Y<E2Whs($$R3mUkxtJ>)I)xhK*XE`y7J!TmIU{w=jmwS}Y1b1p2y2`@O@PoGP~3S*V2F8f&(m{s94UD<quu%5u}d>;+84%PrYI}_vB;m8iI
5|^<k8Luiy*WH871lG=;_tHx?E?R~Ym1=*XlDI!rBm1-q8-9))Wbaz=yzLVMvK2p1UG2{C_{1#vF@%d)QQ@K;Mvht=j=-
W>iWCsjtQhhF`(L~GitwV)D0{19f0<3#N)Mp<fs-;P_S&2cFx4y3Z}|m(;=?jhjiluh9$isa*K#I}fdAP
""",
    "tile_parts": """
|4;u>051Rl0000X0000R00000000000000K0000K000000000000RdB0S5sA2LS>9QUDAF0RRF40t5sA0smY83P3<eNKi;fQ2%5AB>(|Ka%Ew3Wn
>^?c_2@4Wo}APMMofZWpZ<AZ*CwmE;TMN|BwI*000000CNBX|C9fb00aO4$HqMWk{sPS!*&#}byp^-BfX-
O|B(O$00Ga4X#bKNFm*}nQC;xwcWSCC|B(O$00P4p|B@H9>CPKv|B(O$00V&klK+ta1ONoa|B_BA<o}TX1ONr_fd7(=mzH<`kN^q*00000asdPXl
mC$b1ONuXhXPm}K>v~^y}}N=gpVd4VXA%kBa(pskpKh$2g9SmBocuCk|$Q&QImpP22F~b9;?yAga45L1ONzt|C0Za00aODfd7*JkpKh$3Xy>Sk{_
8Y|B(O$01JTslK+qZ3IG5A005f;1OJo%kpKh$44{zzl3g?P=KqlZ1ON@gK009kl0r*--m*LIjr043)0M>rfA~-
Bm22EXu{bjQ|B(O$01klvlK+ta1ON}g)WH9eR>Ciz|9ak&09L!6D0!puVW9s1kpKh$5VIlF0RNKd;fA{k6fMRoRE4N0!ln!KshJ~E=PZeZC<vhck
pKh$5rF@a|BwI*009610A&CJ|C9fb00aO4$G}Mck_{zH5}*SNc+mfm00aO5-
zdQUk{A9_HW21;eDh(7%Kwo71ONhn|C0Za00aO7;Q;@V?KS_A00aO8fd7*JkpKh$1;d2@k|pDx;{T8U3IG8B002+{1OJo%kpKh$2B3)lk}PlkkpK
h$2cZ!Ek}bghkpKh$2!Q{R|B(O$013Dt|B@9h|B(O$01Bc2|B@x(|B(O$01JTslK+qZ3IG8B002t@1OJo%kpKh$41oWV|B(O$01bfulK+ta1ON_z
|C0Za00aOJfd7*JkpKh$5TP*tk_<SfG()2QkpKh$5rF@a|BwI*00IC207(D?|C9fb00aO4fd7*JkpKh$0m%UWk_^}OAODd61ONhn|C0Za00aO7fd
7*JkpKh$1c3jN|B(O$00n^mlK+qZ3IGBC002Y*1OJo%kpKh$27v#P|B(O$00)5olK+ta1ONzt|C0Za00aODfd7*JkpKh$3V{ET|B(O$01JTslK+q
Z3IGBC002Y+1OJo%kpKh$41oWV|B(O$01bfulK+ta1ON_z|C0Za00aOJfd7*JkpKh$5P<)Z|B(O$01<%ylK+qZ3IGED002Y)1OJo%kpKh$0D%9J|
B(O$00DsilK+ta1ONhn|C0Za00aO7fd7*JkpKh$1c3jN|B(O$00n^mlK+qZ3IGED002Y*1OJo%kpKh$27v#P|B(O$00)5olK+ta1ONzt|C0Za00a
ODfd7*JkpKh$3V{ET|B(O$01JTslK+qZ3IGED002Y+1OJo%kpKh$41oWV|B(O$01bfulK+ta1ON_z|C0Za00aOJfd7*JkpKh$5P<)Z|B(O$01<%y
lK<H
""",
    "progression_changes": """
|4;u>051Rl0000X0000R00000000000000X0000R000000000000RdB0S5sA2LS>9QUDME000320|5a50TCiIME_g>4M0FhNKi;fP)JBn|6~9q00
BdCWnpw>WFTUBAWv{*Zc0!^M<8}(a&u{KZXhx)H7+p!kN^q*000011pos7UjPsQ000330|Np8009I80soW7(i9Drk|IyQ_`$&7zzs<t3w6%VuoMn
Mf1t9#!NKqb4fQn(%hkh!4M4kq$I=iEL!^+v;NW~<zz2PW51Jp}crXo_ogI9?!NI}c;6wz?Lk*MR1AD>Xzz!EUfPjF*<^%#|fWh&C3eSMY(i9F4f
!(XX_`$&7fC$;y3^m_)Fb}Puo7LaL;1Um*6c3mX3t=a73p)cc!SRC+-iLt4(hv;|-
l4$Y;Cx_!0wYfgFVC<P4i9i2&%wdL6c2zP2#E*`2m)}!<_HYeKbwGnz<dCJ2*c(C0&Bqd0RX}Af&zbl|BwI*000000we(f|C69_&^j;<yMoXYWgl
V(Qi0{5F@O<*ocb`az~F!bvcTxjI9MDg273(42<{O-
u?b5Md6=#rpm4A_P!WpMNi!6x!cupD!6X>4bZ{Cvih~ACiLbF9tIo8#bQi%S9UKz+LuVXSz)+t%vB87^0>i_@!$HCT7ps2vrEsSdtZ}F=Vh?Iod7
#CEg$qja)~FMddeT>bfPjF2fPlf%VCk@Y2!Kq0A>O~&z=0RlKM#ph2X~iTF+x-
9B!{5KC==O!suTtu!Tx~AZ*@}m@4?d`>2NsUFP>Rsf&iPXDx_A58DHoo+(;c?Nj+#E`WVSl{afz1YxbZuWq`n{gQkEDlvJcs4ITQf9TTX@;Q=eY{
x;6>$0fk4gQb8H(10r=IkM?ZuXrolX=tr~UNbqW>A=Ga!*9c=Lym`&L9dH=Dsj*?tvqg0*uN@98IB`^bsJA8e;6wVCEO^#+jsSAK(>Z`QJ<CiJd7
7By2GbKr@_^LFiKgt6l|FPHjSZ}%7PK(-
4j++PKp~ZSoGB=Yapf=w2JuT?wkuu=qA#=G!BoW%c_;ZAQ6Ll0K=!p!gLux8|`~(7OiTReMx=Gfl}2Bze-
2ij5MSh@+VauY8$<WUfoM>4q@rTro*N|#{dst^oF`G$%QfRb^Z_(zC~2L@c_7PaD?9pYX%L-=IT5<&G)w_QNx1|Qe=RDfPjF2|Je
""",
    "offsets": """
|4;u>051Rl0000e0000W00007000050000F0000D000030000200RdB0S5sA2LS>9QUDA90{{U50t5sA0smY83P3<eNKi;fQ2%5AB>(|Ka%Ew3Wn
>^?c_2@4Wo}APMMofZWpZ<AZ*CwmE;TMN|BwI*0000008;<~|C7hW5DiLg<B&Ko4tIXR!hkAi`nK24j3^E+vy%>>jt>Y3NjwZ?8v(*pJ_7&=_LAA
-E?$W_bmeie{0sSu!wd~o{D6S}kN^q*0RR91aR34TlgGv!5^#IPvj@Mxjs$RgB7g+h=N$N!9Ac9v*P!7*GW;U#7|)D25r}iw#67UV!a>4A!hi>fz
StY~<s}_4mqQ!Fq{D@Rpd###Ri3I4Gz~H>*7PX=>#_YjZHOSk5CnjL|BwI*00IC205kvr|C7Vx1O^bn@q+*jF)D!1unYrEf5X9m4jn7Qqkt8StA8
h?i-
3TD|BwI*00RI30Av6G|C7hc92Ayd{#&R%phgZy7QrMPAR~6G$8;GG68UXx+s}Yd5j7Xzu)!2M7!Y6@Z5qRhhZ7Ez8B=yfV`>`xX(0o>RJROa#S-
8wca`%So`B(nQh<Pf|BwI*00aO40FeLz|C7hYAQ^42B0gd&eZa;*@SqG)Hhn457pP8TIl!6@5(PjB%;$KLiVt%X^A6;5G8Jm1de4+d49LL3M%6*@
W5dHi932!E#Wi@+(G0`h7^|ur3d5yCra@8}<bROOfkNjz3K0DjB&ad4T%KZ+8w@mSG7;ctNo>R73>TQ@L1UMIfd7yH3IGKF002b*0soW15DJ^Y!G
H}hV8Mm}M>96V<^}+b2f{QQAPvkd5JS`0!bo&*2RVeB0VMXLEwK&3@q!A?fPnvy015yG0000i00IA#$I=iB&51vNfX@aBp#q?Y3>c7O01ONuYe43
JfPnvy015yH0000l00IA#$HWi}#}A=^fX)m8wKbv8zz>Mr!xR=DP;{Ha2n_syfd7yH3IGTI001li0soW3<^%*k!Gr({!hpl$0tv$i3T==^4J#|b@
B#pUfdAP
""",
    "sub_sampled_components": """
|4;u>051Rl0000W0000Q00000000000000W0000Q000000000000RdB0S5vC2Lb~BQUDA9000310t5sA0smY83P3<eNKi;fQ2%5AB>(|Ka%Ew3Wn
>^?c_2@4Wo}APMMofZWpZ<AZ*CwmE;TMN|BwI*000000tf&B|C7&|AROGk5axTxxXAli?z~gYJ?tb-q3h=f4@Xk;Xozs?^BO$dM9-
LT7vCmNrk_|JZ=CUN<c!ata2GQqPo|$(A6p9mG&*p@;YtrD2b4C!AeRSEs<?EWt$n5(fYewH1KbErGJPbw-
r>nnY#T)@SeXzblgwX##Nb=Rfg77K@0uj<C6VsK;3^Lf1BN0Y87;E(*Q)?h4`XA*L37Lt+<g%7Ys26w4vhnbA$1omvh>%gzN#Dx9OSV>3dZsw;@8
91aQJjsJ7jf;D^E|GLm&_bD}-rrc}et@5a<u;gNN^T!gduXiE|L3n~@VL)Y_qlIgw)IdYpp!Uj$-u_=Nc-
p^PMH8#Qz=+R(P?8%a?qOZi(6JHb)stmK~1f&|Z1GV6|wQneyI8Fz0EVKqjknZbZ>nvZJjFL}ePY@`Z^AabwC_-
`lAsbq41l3`#iB?KAw$Q`LJsD&0P#UuEr6YY5oE{R$xFdw6Y@v|>|f>YD#S5{*6!^uI)Fm&KH!6&od>b5^$>$0bn(hlNZ(+<!6Fu?i6*jW~Lt+?{
YyMQB;$<@jz7}kdAO5tZi!{J&Er3aNZ6(zIZ>hLSncuH4y_i|_7$OZLQSPUQbFu?i6*jW~LRxAHaLzem?=f?E4iKCl#W+!7?+OvShTmL}{|Je
""",
    "sub_sampled_by_position": """
|4;u>051Rl0000W0000Q00000000000000W0000Q000000000000RdB0S5vC2Lb~BQUDJD0{{U40s#R40U|R*|6BkHKtM=HP)JBn|6~9q00BdCWn
pw>WFTUBAWv{*Zc0!^M<8}(a&u{KZXhx)H7+p!kN^q*000021ONg5lh2e;9NdrNGI!>2$CSX54vPmz7KUo!1LBhr-XpGP9uj}!!{AyCN)Dn-fG)w
5rbj8go1ynu-M2G`2^SroND0V<)(nb4mQk4y21N{`szqrh&#74MSS#e|K(cfk@G`_a&zNu*-
zHC{pI9GnobhhtjKjo1!ocBxA|V+qvh>%h4`XA*K?~e{5b<ln$w5^IPBy_Ov)}5rKVR#zr<KwU;$PDa&;BsL`Nh~-
79*3%)ygOs)`say;b%k7pl}y6Bu}QFSRY#p05m#q!^A<+pm4w;br&tN^w+8!3moLJLkh<7A>!A=rNLDPPc{`Lv)}6QE7W*O3?KF|!1=}4Sr#Ja#`
Lv`qnmbSCu3XMv(J=J959H<c#&2x-?78t9uE-$Kq5Q|OG#Z@9RY~=5=q4*7c%oV!Kp!02T%t*h%na^%x43^DaP6-
h~rSP6qIxYIuMK=V;}f0Z3ZcIZkio2ei;b?uFs4>61b-isB(s|!HEY62M8FmN}CU&^Jxxl9-qN1I$Rwv2RNEqDi2j2VCS#-
9Hp;gC<Pv|g<)nmO5QS7&x|+|$~K_#eUiiA5(fzaFdr5)bPMq0YX;pk!^T6%LDK*^PsY1xDEfsJxXrFB+ki*z&yo6}hc<1JUUpjtBT6EJ|5WLcA$
C0f*#
""",
    "sub_sampled_grid": """
|4;u>04V?f0001E0000s00002000010001E0000s0000000000009RB0{>C~3;+NC0RRF71ONg5TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-?R)015yA0002E00IA#&y3g|9lGkTRvGg^Jb;1T$R(yEzO24(jx{j4AU4CK!{Am9Fg;?y$bq~n{-
zYTI{zG<1XI!Y^Eq+y2I|Kqt=8`)Q$dvIV5h@-kckPyu0yo2>R?C@8LcEnS7B9n8OOjiWgYy4+PdF^30Rfvm3SQ*gw<YTWzT}ld1+u^=46T|9!6-
zI$g~_OWhkdRyGA0FcF4?ho$aed@Re4R{sS+`^{?t#(n?U
""",
    "signed": """
|4;u>04V?f0000W0000Q00000000000000W0000Q000000000000D;q0sm3}3;+NC0RRF71ONg5TmT9{KuAbXNJvosWB?@q0Yh?SVRU6=AYyqSPj
F>!N>D{dAa-SPb7^mGATlmBE-?R)015yA0002900IA#-vZzficBoAG>4&&0c~le@t4P^F}JrC*&@$@DdOWKAVeO-dz_fQQ;Im%n;!_0!rn6hUfwq
)mAApR^cbF4{hb_FH4EPZcfkDfz-q%}Kj?NV{~C8-
gW?mj=u`FG`c{A%g8C(ugDqfN0Z`e=20Mr%aM86+(}m}Z_;UkV$2j1>p^skyF4|2et?O|hB}TLLXLSv?1X(s5!ad|=(ixu<l>gZ
""",
    "twelve_bits_signed": """
|4;u>04V?f0000X0000R00000000000000X0000R000000000000D~u0sm3}3;+NC0RRF71ONd4TmTV5e^PJ-
a0PHjchh&%cVho!03`qcLvm$dbY)~9VtF7>aAj^vP(?=|c4cyNX>V>IGA=bPF#nJM3IG5A008Cy0soW7(4ZY1yJ3lQqJz>M1j(w1(QeUc>*E5Ir^
>kz)T=alo*Lc13Y(_2ACkbSgULYD02#npA<e8g4VYN;QH)wR!Cx$yGj+&()Z0;YA6I8*%3>$*n;KGTi9m9!!PemRfd^T2h%)C-
2o8vKPdcJBAdjafeLOW@BH?441RIV<A@vFEh2cHI!^|5*sIsu;qfpAwrIDD&V^MZ$T`jphjNISDlx52UKD0>>KHFpXXwSs*jVj%dM?Z>Lr{O3V7#
=^hy=)Q|!T0Oju$W-@*l{61Y!j6K*#
""",
}

FILES = {name: b85decode("".join(text.split())) for name, text in _TEXT.items()}
